import { createRecency } from "./recency.ts";

const FIRST_CAPACITY = 64;

/** The latest values of many objects: one row of numbers each, side by side in one typed array. */
export interface Table {
  /** Slot of an object; makes one for a new object. */
  slotOf(id: string): number;
  find(id: string): number | undefined;
  idAt(slot: number): string | undefined;
  ownerAt(slot: number): number | undefined;
  /** Only a difference in the first `compared` values counts as a change and takes the tick. */
  write(slot: number, row: Row): void;
  remove(slot: number): void;
  value(slot: number, metric: number): number;
  at(slot: number): number;
  /** Of its last change, from 1; 0 before the first write. */
  tick(slot: number): number;
  /** Ids whose row changed after `tick`, latest first; costs as much as there are. */
  since(tick: number): Generator<string>;
}
/** Value `n` is `source[offset + n * stride]`. */
interface Row {
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
  const free: number[] = [];
  const rows: { id: string | undefined; at: number; tick: number; owner: number }[] = [];
  const recency = createRecency();
  let values = new Float32Array(FIRST_CAPACITY * width);

  const slotOf = (id: string): number => {
    const known = slots.get(id);
    if (known !== undefined) return known;
    const slot = free.pop() ?? rows.length;
    rows[slot] = { id, at: 0, tick: 0, owner: -1 };
    slots.set(id, slot);
    if (rows.length * width > values.length) values = doubled(values);
    values.fill(NaN, slot * width, (slot + 1) * width);
    return slot;
  };
  const write = (slot: number, { source, offset, stride, at, tick, owner }: Row): void => {
    const row = rows[slot]!;
    const base = slot * width;
    let changed = row.tick === 0;
    for (let metric = 0, from = offset; metric < width; metric++, from += stride) {
      const value = source[from]!;
      if (metric < compared && !Object.is(values[base + metric], value)) changed = true;
      values[base + metric] = value;
    }
    row.at = at;
    row.owner = owner;
    if (!changed) return;
    row.tick = tick;
    recency.touch(slot);
  };
  const remove = (slot: number): void => {
    const row = rows[slot]!;
    slots.delete(row.id!);
    row.id = undefined;
    row.tick = 0;
    recency.drop(slot);
    free.push(slot);
  };
  function* since(tick: number): Generator<string> {
    for (const slot of recency.latestFirst()) {
      const row = rows[slot]!;
      if (row.tick <= tick) return;
      yield row.id!;
    }
  }
  const [at, tickOf] = [(slot: number) => rows[slot]!.at, (slot: number) => rows[slot]!.tick];
  const value = (slot: number, metric: number) => values[slot * width + metric]!;
  const [idAt, ownerAt] = [(slot: number) => rows[slot]?.id, (slot: number) => rows[slot]?.owner];
  return { slotOf, find: (id) => slots.get(id), idAt, ownerAt, write, remove, value, at, tick: tickOf, since };
}

function doubled(values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const larger = new Float32Array(values.length * 2);
  larger.set(values);
  return larger;
}
