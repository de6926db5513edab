import { VM_METRICS, type VmMetric } from "../schema/hostlinkStatistics.ts";
import { rate } from "./hostSample.ts";
import type { DomainRecord, Parameters } from "./libvirt/procedures.ts";

/** Counters of one VM at one moment. */
export interface VmCounters {
  /** ms, of a clock that never goes back */
  at: number;
  /** libvirt's id of the domain: another one is another qemu process, whose counters began at nothing. */
  domainId: number;
  vcpus: number;
  /** ns */
  cpuTime: number;
  received: number;
  sent: number;
  read: number;
  written: number;
  memoryUsed: number;
  memoryFree: number;
}

const KIB = 1024;

export function readVm({ domain, parameters }: DomainRecord, at: number): VmCounters {
  const value = (name: string) => Number(parameters.get(name) ?? Number.NaN);
  const sum = (group: string, field: string) => sumOf(parameters, group, field);
  return {
    at,
    domainId: domain.id,
    vcpus: value("vcpu.current"),
    cpuTime: vcpuTime(parameters),
    received: sum("net", "rx.bytes"),
    sent: sum("net", "tx.bytes"),
    read: sum("block", "rd.bytes"),
    written: sum("block", "wr.bytes"),
    ...memory(value),
  };
}

/** What the guest says of its memory; where it says nothing, what qemu takes of the host's. */
function memory(value: (name: string) => number): Pick<VmCounters, "memoryUsed" | "memoryFree"> {
  const unused = value("balloon.unused");
  const used = value("balloon.available") - unused;
  if (!Number.isNaN(used)) return { memoryUsed: used * KIB, memoryFree: unused * KIB };
  const resident = value("balloon.rss");
  return { memoryUsed: resident * KIB, memoryFree: Math.max(0, value("balloon.current") - resident) * KIB };
}

/** Of the vCPUs alone, without qemu's own threads; of all together where the driver does not tell them apart. */
function vcpuTime(parameters: Parameters): number {
  const times = [...parameters].filter(([name]) => /^vcpu\.\d+\.time$/.test(name)).map(([, time]) => Number(time));
  return times.length > 0 ? times.reduce((total, time) => total + time, 0) : Number(parameters.get("cpu.time") ?? Number.NaN);
}

function sumOf(parameters: Parameters, group: string, field: string): number {
  const count = Number(parameters.get(`${group}.count`) ?? Number.NaN);
  if (Number.isNaN(count)) return Number.NaN;
  let total = 0;
  for (let index = 0; index < count; index++) total += Number(parameters.get(`${group}.${index}.${field}`) ?? 0);
  return total;
}

const UNKNOWN = readVm({ domain: { uuid: "", name: "", id: -1 }, parameters: new Map() }, Number.NaN);

/** NaN for what is not known: everything without a reading, rates at the first one and whenever the counters began anew. */
export function vmValues(now: VmCounters = UNKNOWN, earlier: VmCounters | undefined, uptime: number): Record<VmMetric, number> {
  const before = earlier?.domainId === now.domainId ? earlier : undefined;
  const seconds = before ? (now.at - before.at) / 1000 : Number.NaN;
  const cpuSeconds = rate(now.cpuTime, before?.cpuTime, seconds) / 1e9;
  return {
    cpuUsage: Math.min(100, (100 * cpuSeconds) / now.vcpus),
    memoryUsed: now.memoryUsed,
    memoryFree: now.memoryFree,
    networkReceived: rate(now.received, before?.received, seconds),
    networkSent: rate(now.sent, before?.sent, seconds),
    diskRead: rate(now.read, before?.read, seconds),
    diskWritten: rate(now.written, before?.written, seconds),
    uptime,
  };
}

/** Columns of VM_METRICS, one after another. */
export function toColumns(rows: readonly Record<VmMetric, number>[]): Float32Array {
  const columns = new Float32Array(VM_METRICS.length * rows.length);
  VM_METRICS.forEach((metric, column) => rows.forEach((row, index) => (columns[column * rows.length + index] = row[metric])));
  return columns;
}
