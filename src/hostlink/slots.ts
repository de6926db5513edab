/** How many slot tables a link keeps: the one in use, and the one before it for a frame that was under way. */
const KEPT = 2;

/** The slot tables of one link: which VM stands in which column position, by generation. */
export interface Slots {
  put(generation: number, vmIds: readonly string[]): void;
  get(generation: number): readonly string[] | undefined;
}

export function createSlots(): Slots {
  const tables = new Map<number, readonly string[]>();
  return {
    put(generation, vmIds) {
      tables.delete(generation);
      tables.set(generation, vmIds);
      for (const oldest of tables.keys()) {
        if (tables.size <= KEPT) break;
        tables.delete(oldest);
      }
    },
    get: (generation) => tables.get(generation),
  };
}
