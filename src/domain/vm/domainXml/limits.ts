import type { RowOf } from "../../kinds.ts";
import type { DomainXmlInput, Element } from "./input.ts";

/** What profiles limit VMs to, in libvirt's units. */

const PERIOD_US = 100_000;
const PERCENT = 100;
const MIB = 2 ** 20;
const KIB_PER_MIB = 1024;
/** libvirt counts 1000 bytes or more of a megabit in KiB: 10^6 / 8 / 1024. */
const kibibytesOf = (megabits: number) => Math.max(1, Math.round((megabits * 1_000_000) / 8 / 1024));

export const cpuLimit = ({ cpuLimit: percent }: DomainXmlInput): Element =>
  percent === null ? {} : { period: PERIOD_US, quota: (PERIOD_US * percent) / PERCENT };

const bytes = (mebibytes: number | null) => (mebibytes === null ? undefined : mebibytes * MIB);

export function diskLimits(qos: RowOf<"Qos"> | null): Element | undefined {
  if (!qos) return undefined;
  const limits = {
    total_bytes_sec: bytes(qos.maxThroughput),
    read_bytes_sec: bytes(qos.maxReadThroughput),
    write_bytes_sec: bytes(qos.maxWriteThroughput),
    total_iops_sec: qos.maxIops ?? undefined,
    read_iops_sec: qos.maxReadIops ?? undefined,
    write_iops_sec: qos.maxWriteIops ?? undefined,
  };
  return Object.values(limits).some((limit) => limit !== undefined) ? limits : undefined;
}

function direction(average: number | null, peak: number | null, burst: number | null): Element | undefined {
  if (average === null || peak === null || burst === null) return undefined;
  return { "@average": kibibytesOf(average), "@peak": kibibytesOf(peak), "@burst": burst * KIB_PER_MIB };
}

export function nicLimits(qos: RowOf<"Qos"> | null): Element | undefined {
  if (!qos) return undefined;
  const limits = {
    inbound: direction(qos.inboundAverage, qos.inboundPeak, qos.inboundBurst),
    outbound: direction(qos.outboundAverage, qos.outboundPeak, qos.outboundBurst),
  };
  return limits.inbound || limits.outbound ? limits : undefined;
}
