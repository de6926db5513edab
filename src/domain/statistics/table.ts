/** Samples per allocation step. */
const GROWTH = 2;
const FIRST_CAPACITY = 64;
const NONE = -1;

/**
 * The latest values of many objects, one row of `width` numbers each, in typed arrays. Rows are linked in the order of
 * their last change, so that what changed since some tick is found without looking at the rest.
 */
export interface Table {
  /** Slot of an object; makes one for a new object. */
  slotOf(id: string): number;
  find(id: string): number | undefined;
  idAt(slot: number): string | undefined;
  ownerAt(slot: number): number;
  /**
   * Writes a row: value `n` is `source[offset + n * stride]`. Only a difference in the first `compared` values counts as a
   * change and takes the tick.
   */
  write(slot: number, row: Row): void;
  remove(slot: number): void;
  value(slot: number, metric: number): number;
  at(slot: number): number;
  /** Of its last change, from 1; 0 before the first write. */
  tick(slot: number): number;
  /** Ids whose row changed after `tick`, latest first. */
  since(tick: number): Generator<string>;
}
export interface Row {
  source: Float32Array;
  offset: number;
  stride: number;
  /** Unix ms. */
  at: number;
  tick: number;
  /** Who sampled it; any number. */
  owner: number;
}

export function createTable(width: number, compared: number): Table {
  const slots = new Map<string, number>();
  const ids: (string | undefined)[] = [];
  const free: number[] = [];
  let capacity = FIRST_CAPACITY;
  let values = new Float32Array(capacity * width);
  let times = new Float64Array(capacity);
  let ticks = new Float64Array(capacity);
  let owners = new Int32Array(capacity);
  let older = new Int32Array(capacity);
  let newer = new Int32Array(capacity);
  let newest = NONE;

  const grow = () => {
    capacity *= GROWTH;
    const wider = <A extends Float32Array | Float64Array | Int32Array>(array: A, length: number): A => {
      const copy = new (array.constructor as new (length: number) => A)(length);
      copy.set(array);
      return copy;
    };
    values = wider(values, capacity * width);
    times = wider(times, capacity);
    ticks = wider(ticks, capacity);
    owners = wider(owners, capacity);
    older = wider(older, capacity);
    newer = wider(newer, capacity);
  };
  const link = (slot: number) => {
    older[slot] = newest;
    newer[slot] = NONE;
    if (newest !== NONE) newer[newest] = slot;
    newest = slot;
  };
  const unlink = (slot: number) => {
    const [before, after] = [older[slot]!, newer[slot]!];
    if (after === NONE) newest = before;
    else older[after] = before;
    if (before !== NONE) newer[before] = after;
  };
  const slotOf = (id: string): number => {
    const known = slots.get(id);
    if (known !== undefined) return known;
    const slot = free.pop() ?? ids.length;
    if (slot >= capacity) grow();
    ids[slot] = id;
    slots.set(id, slot);
    values.fill(NaN, slot * width, (slot + 1) * width);
    return slot;
  };
  const write = (slot: number, { source, offset, stride, at, tick, owner }: Row): void => {
    const base = slot * width;
    const linked = ticks[slot] !== 0;
    let changed = !linked;
    for (let metric = 0, from = offset; metric < width; metric++, from += stride) {
      const value = source[from]!;
      if (metric < compared && !Object.is(values[base + metric], value)) changed = true;
      values[base + metric] = value;
    }
    times[slot] = at;
    owners[slot] = owner;
    if (!changed) return;
    ticks[slot] = tick;
    if (linked) unlink(slot);
    link(slot);
  };
  const remove = (slot: number): void => {
    slots.delete(ids[slot]!);
    ids[slot] = undefined;
    if (ticks[slot] !== 0) unlink(slot);
    ticks[slot] = 0;
    free.push(slot);
  };
  function* since(tick: number): Generator<string> {
    for (let slot = newest; slot !== NONE && ticks[slot]! > tick; slot = older[slot]!) yield ids[slot]!;
  }
  return {
    slotOf,
    find: (id) => slots.get(id),
    idAt: (slot) => ids[slot],
    ownerAt: (slot) => owners[slot]!,
    write,
    remove,
    value: (slot, metric) => values[slot * width + metric]!,
    at: (slot) => times[slot]!,
    tick: (slot) => ticks[slot]!,
    since,
  };
}
