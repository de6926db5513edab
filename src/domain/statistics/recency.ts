const NONE = -1;

/** Slots in the order in which they were last touched: every step is O(1), and the latest are found without the rest. */
export interface Recency {
  /** Makes the slot the latest. */
  touch(slot: number): void;
  drop(slot: number): void;
  latestFirst(): Generator<number>;
}

export function createRecency(): Recency {
  const older: (number | undefined)[] = [];
  const newer: (number | undefined)[] = [];
  let latest = NONE;

  const drop = (slot: number): void => {
    const [before, after] = [older[slot], newer[slot]];
    if (before === undefined || after === undefined) return;
    if (after === NONE) latest = before;
    else older[after] = before;
    if (before !== NONE) newer[before] = after;
    older[slot] = undefined;
    newer[slot] = undefined;
  };
  const touch = (slot: number): void => {
    if (slot === latest) return;
    drop(slot);
    older[slot] = latest;
    newer[slot] = NONE;
    if (latest !== NONE) newer[latest] = slot;
    latest = slot;
  };
  function* latestFirst(): Generator<number> {
    for (let slot = latest; slot !== NONE; slot = older[slot] ?? NONE) yield slot;
  }
  return { touch, drop, latestFirst };
}
