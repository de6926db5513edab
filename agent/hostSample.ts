import { readFile } from "node:fs/promises";
import { HOST_METRICS, type HostMetric } from "../schema/hostlinkStatistics.ts";
import { uplinks } from "./nics.ts";

/** Counters of the host at one moment; two of them make rates. */
export interface HostCounters {
  /** ms, of a clock that never goes back */
  at: number;
  /** /proc/stat `cpu` columns, in ticks */
  cpu: number[];
  received: number;
  sent: number;
  values: Omit<Record<HostMetric, number>, "cpuUser" | "cpuSystem" | "cpuIdle" | "networkReceived" | "networkSent">;
}

const read = (path: string) => readFile(path, "utf8").catch(() => "");

export async function readHost(): Promise<HostCounters> {
  const [stat, loadavg, meminfo, net, ksm, page, counted] = await Promise.all([
    read("/proc/stat"),
    read("/proc/loadavg"),
    read("/proc/meminfo"),
    read("/proc/net/dev"),
    read("/sys/kernel/mm/ksm/pages_sharing"),
    pageSize,
    uplinks(),
  ]);
  const memory = (name: string) => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(meminfo)?.[1] ?? Number.NaN);
  const traffic = net
    .split("\n")
    .map((line) => line.trim().split(/[:\s]+/))
    .filter(([name = ""]) => counted.has(name));
  const sum = (column: number) => traffic.reduce((total, fields) => total + Number(fields[column]), 0);
  const available = memory("MemAvailable");
  return {
    at: performance.now(),
    cpu: (/^cpu +(.*)$/m.exec(stat)?.[1] ?? "").split(" ").map(Number),
    received: sum(1),
    sent: sum(9),
    values: {
      load: Number(loadavg.split(" ")[0]),
      memoryUsed: memory("MemTotal") - available,
      memoryFree: available,
      swapUsed: memory("SwapTotal") - memory("SwapFree"),
      ksmShared: Number(ksm) * page,
    },
  };
}
const pageSize = read("/proc/self/smaps").then((smaps) => 1024 * Number(/^KernelPageSize:\s+(\d+) kB$/m.exec(smaps)?.[1] ?? 4));

/** Values in frame order; NaN where one reading is not enough. */
export function hostValues(now: HostCounters, before: HostCounters | null): Float32Array {
  const seconds = before ? (now.at - before.at) / 1000 : Number.NaN;
  const ticks = now.cpu.map((value, index) => value - (before?.cpu[index] ?? Number.NaN));
  // user nice system idle iowait irq softirq steal; guest time is in user already
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0] = ticks;
  const percent = 100 / (user + nice + system + idle + wait + irq + softirq + steal);
  const values: Record<HostMetric, number> = {
    ...now.values,
    cpuUser: (user + nice) * percent,
    cpuSystem: (system + irq + softirq) * percent,
    cpuIdle: (idle + wait) * percent,
    networkReceived: rate(now.received, before?.received, seconds),
    networkSent: rate(now.sent, before?.sent, seconds),
  };
  return Float32Array.from(HOST_METRICS, (metric) => values[metric]);
}

/** Per second; NaN without an earlier reading, and when the counter began anew. */
export function rate(now: number, before: number | undefined, seconds: number): number {
  return before === undefined || now < before || !(seconds > 0) ? Number.NaN : (now - before) / seconds;
}
