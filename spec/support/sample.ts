const DAY_MS = 86_400_000;

/** Moves samples on: the day, unless OVERT_SPEC_SEED says another number. `npm test` prints it. */
export const specSeed = Number(process.env["OVERT_SPEC_SEED"] ?? Math.floor(Date.now() / DAY_MS));

/** `count` of them, the next ones with each seed, so that all have had their turn after some days; in their order. */
export function sampled<T>(all: readonly T[], count: number, seed = specSeed): T[] {
  const chosen = new Set(Array.from({ length: Math.min(count, all.length) }, (_, index) => (seed * count + index) % all.length));
  return all.filter((_, index) => chosen.has(index));
}
