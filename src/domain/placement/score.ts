import type { Weights } from "../scheduling/weights.ts";

/** Of a host's threads, the part of what is promised on them that they are: 1 = nothing promised, 0.5 = one vCPU per thread. */
export const cpuShare = (threads: number, vcpus: number): number => threads / (threads + vcpus);
/** 1 = the VM would be alone, 0.5 = one other. */
export const guestShare = (others: number): number => 1 / (1 + others);

/**
 * How well a host suits, 0-100, higher is better, from its shares of threads and of memory that would be left with the VM on it, and
 * from the VMs that it has.
 */
export function scoreOf(weights: Weights, cpu: number, memory: number, guests: number): number {
  const {
    OPTIMAL_FOR_CPU_EVEN_DISTRIBUTION: cpuEven,
    OPTIMAL_FOR_MEMORY_EVEN_DISTRIBUTION: memoryEven,
    OPTIMAL_FOR_CPU_POWER_SAVING: cpuSaving,
    OPTIMAL_FOR_MEMORY_POWER_SAVING: memorySaving,
    OPTIMAL_FOR_EVEN_GUEST_DISTRIBUTION: guestsEven,
  } = weights;
  const sum = cpuEven * cpu + cpuSaving * (1 - cpu) + memoryEven * memory + memorySaving * (1 - memory) + guestsEven * guests;
  return (100 * sum) / (cpuEven + memoryEven + cpuSaving + memorySaving + guestsEven);
}

/** For people: differences below a thousandth say nothing. */
export const rounded = (score: number): number => Math.round(score * 1_000) / 1_000;
