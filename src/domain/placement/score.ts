/** oVirt's factors of even distribution, in its default policy. */
const CPU_FACTOR = 2;
const MEMORY_FACTOR = 1;

/** Of a host's threads, the part of what is promised on them that they are: 1 = nothing promised, 0.5 = one vCPU per thread. */
export const cpuShare = (threads: number, vcpus: number): number => threads / (threads + vcpus);

/** How well a host suits, 0-100, higher is better, from its shares of threads and of memory that would be left with the VM on it. */
export const scoreOf = (cpu: number, memory: number): number =>
  (100 * (CPU_FACTOR * cpu + MEMORY_FACTOR * memory)) / (CPU_FACTOR + MEMORY_FACTOR);

/** For people: differences below a thousandth say nothing. */
export const rounded = (score: number): number => Math.round(score * 1_000) / 1_000;
