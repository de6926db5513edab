import { invalid } from "../../errors.ts";
import { checkRange } from "../input.ts";
import type { SchedulingUnit, Weight } from "./schedulingPolicy.ts";

/** Factors by unit: what a decision reads. */
export type Weights = Readonly<Record<SchedulingUnit, number>>;

const NONE: Weights = {
  OPTIMAL_FOR_CPU_EVEN_DISTRIBUTION: 0,
  OPTIMAL_FOR_MEMORY_EVEN_DISTRIBUTION: 0,
  OPTIMAL_FOR_CPU_POWER_SAVING: 0,
  OPTIMAL_FOR_MEMORY_POWER_SAVING: 0,
  OPTIMAL_FOR_EVEN_GUEST_DISTRIBUTION: 0,
};
export const weightsOf = (weights: readonly Weight[]): Weights => ({
  ...NONE,
  ...Object.fromEntries(weights.map(({ unit, factor }) => [unit, factor])),
});

const weight = (unit: SchedulingUnit, factor: number): Weight => ({ unit, factor });
const EVEN = [weight("OPTIMAL_FOR_CPU_EVEN_DISTRIBUTION", 2), weight("OPTIMAL_FOR_MEMORY_EVEN_DISTRIBUTION", 1)];
const SAVING = [weight("OPTIMAL_FOR_CPU_POWER_SAVING", 2), weight("OPTIMAL_FOR_MEMORY_POWER_SAVING", 1)];
/** oVirt's, by its ids and names, as far as they choose a host: nothing is moved by itself yet, so `none` chooses as even distribution does. */
export const PREDEFINED_POLICIES = [
  { id: "b4ed2332-a7ac-4d5f-9596-99a439cb2812", name: "none", weights: EVEN, defaultPolicy: true },
  { id: "20d25257-b4bd-4589-92a6-c4c5c5d3fd1a", name: "evenly_distributed", weights: EVEN, defaultPolicy: false },
  { id: "5a2b0939-7d46-4b73-a469-e9c2c7fc6a53", name: "power_saving", weights: SAVING, defaultPolicy: false },
  {
    id: "8d5d7bec-68de-4a67-b53e-0ac54686d579",
    name: "vm_evenly_distributed",
    weights: [weight("OPTIMAL_FOR_EVEN_GUEST_DISTRIBUTION", 10), ...EVEN],
    defaultPolicy: false,
  },
] as const;
export const DEFAULT_WEIGHTS = weightsOf(EVEN);

/** Throws INVALID. */
export function checkWeights(weights: Weight[], path: string): Weight[] {
  if (weights.length === 0) throw invalid(path, "Something must count.", "RANGE");
  for (const [at, { unit, factor }] of weights.entries()) {
    checkRange(factor, `${path}.${at}.factor`, 1, 1_000);
    if (weights.findIndex((other) => other.unit === unit) < at) throw invalid(`${path}.${at}.unit`, "Each once.", "DUPLICATE");
  }
  return weights;
}
