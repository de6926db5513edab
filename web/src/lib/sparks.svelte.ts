import { SvelteMap } from "svelte/reactivity";

const KEPT = 20;

/** The last values of many objects, for the small bars in tables. Objects that are no longer watched are forgotten. */
export function sparks() {
  const values = new SvelteMap<string, readonly number[]>();
  return {
    take<Sample>(latest: ReadonlyMap<string, Sample>, valueOf: (sample: Sample) => number | null): void {
      for (const id of values.keys()) if (!latest.has(id)) values.delete(id);
      for (const [id, sample] of latest) values.set(id, [...(values.get(id) ?? []), valueOf(sample) ?? 0].slice(-KEPT));
    },
    of: (id: string): readonly number[] => values.get(id) ?? [],
  };
}
