import type { Candidate } from "./candidate.ts";
import type { Demand } from "./filters.ts";

/** oVirt's factors of even distribution, in its default policy. */
const CPU_FACTOR = 2;
const MEMORY_FACTOR = 1;

/**
 * How well a host that passes every filter suits, 0-100, higher is better: how many of its threads and how much of its
 * memory would not be promised with this VM on it.
 */
export function scoreOf(host: Candidate, demand: Demand): number {
  const cpu = host.threads / (host.threads + host.load.vcpus + demand.vcpus);
  const memory = 1 - (host.load.memory + demand.memory) / host.capacity;
  return Math.round((100_000 * (CPU_FACTOR * cpu + MEMORY_FACTOR * memory)) / (CPU_FACTOR + MEMORY_FACTOR)) / 1_000;
}
