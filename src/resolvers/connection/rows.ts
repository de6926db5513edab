import type { Snapshot } from "../../domain/inventory/snapshot.ts";
import type { IndexOf, ListedKind, RowOf } from "../../domain/kinds.ts";
import { mapInSlices, sortInSlices } from "../../slice.ts";
import { compareKeys, type Key } from "./page.ts";

/** A list in some order, of which any place can be found without walking to it. */
export interface OrderedRows<R> {
  /** What it is ordered by. */
  readonly field: string;
  keyOf(row: R): Key;
  /** In the order of the list. */
  compare(a: Key, b: Key): number;
  /** Rows strictly after `from` (from the start when absent), or before it (from the end), away from it. */
  walk(from: Key | undefined, backwards: boolean): Iterable<R>;
  total(): number;
}

/** All rows of a kind in the order of an index of the inventory. */
export function indexedRows<K extends ListedKind>(
  snapshot: Snapshot,
  kind: K,
  column: IndexOf<K>,
  descending: boolean,
): OrderedRows<RowOf<K>> {
  const field = column as string;
  const sign = descending ? -1 : 1;
  return {
    field,
    keyOf: (row) => ({ value: (row as unknown as Record<string, string | null>)[field] ?? null, id: row.id }),
    compare: (a, b) => sign * compareKeys(a, b),
    walk: (from, backwards) =>
      snapshot.ordered(
        kind,
        column,
        from && { value: from.value === null ? null : String(from.value), id: from.id },
        backwards !== descending,
      ),
    total: () => snapshot.count(kind),
  };
}

interface Order<R> {
  field: string;
  descending: boolean;
  valueOf: (row: R) => Key["value"];
}
/** Some rows, sorted in memory; `by` is the order in which they come, smallest first. */
export async function sortedRows<R extends { id: string }>(
  { rows, by }: { rows: readonly R[]; by: string },
  { field, descending, valueOf }: Order<R>,
): Promise<OrderedRows<R>> {
  const sign = descending ? -1 : 1;
  const compare = (a: Key, b: Key) => sign * compareKeys(a, b);
  const keyOf = (row: R): Key => {
    const value = valueOf(row);
    return { value: value instanceof Date ? value.getTime() : value, id: row.id };
  };
  const keyed = await mapInSlices(rows, (row) => ({ row, key: keyOf(row) }));
  const sorted = by === field && !descending ? keyed : await sortInSlices(keyed, (a, b) => compare(a.key, b.key));
  /** Index of the first row after `from`, or at it when `inclusive`. */
  const find = (from: Key, inclusive: boolean): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const order = compare(sorted[middle]!.key, from);
      if (order < 0 || (order === 0 && !inclusive)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  function* walk(from: Key | undefined, backwards: boolean): Generator<R> {
    if (backwards) for (let at = (from ? find(from, true) : sorted.length) - 1; at >= 0; at--) yield sorted[at]!.row;
    else for (let at = from ? find(from, false) : 0; at < sorted.length; at++) yield sorted[at]!.row;
  }
  return { field, keyOf, compare, walk, total: () => rows.length };
}
