import sortedBTree from "sorted-btree";
import sortedBTreeDiff from "sorted-btree/extended/diffAgainst.js";
import { notFound } from "../../errors.ts";
import { INDEXES, SNAPSHOT_KINDS, isSnapshotKind, type IndexOf, type RowOf, type SnapshotKind } from "../kinds.ts";
import type { Change, Entry } from "../journal/entry.ts";

const BTree = sortedBTree.default;
const diffAgainst = sortedBTreeDiff.default;
type BTree<K, V> = sortedBTree.default<K, V>;

const SEPARATOR = "\u0000";
const AFTER_SEPARATOR = "\u0001";

/** Rows of one kind. The trees share structure between snapshots: cloning is O(1), a change copies one path. */
interface Table {
  rows: BTree<string, object>;
  indexes: Map<string, BTree<string, string>>;
}
type Tables = Record<SnapshotKind, Table>;
/** Null (no reference) sorts before every value and cannot be mistaken for one. */
const indexKey = (value: string | null, id: string) => `${value === null ? "" : `=${value}`}${SEPARATOR}${id}`;

/** Only columns that hold ids and names are indexed; a list of ids is found by each. */
type Indexed = string | null | readonly string[];
const indexKeys = (value: Indexed, id: string): string[] =>
  (typeof value === "object" && value !== null ? value : [value]).map((each) => indexKey(each, id));

/** All entities and running jobs at one moment: immutable, cheap to keep, consistent. */
export interface Snapshot {
  /** Number of the last journal entry in it. */
  readonly cursor: number;
  /** The same object for as long as no row of this kind changes. */
  stamp(kind: SnapshotKind): object;
  get<K extends SnapshotKind>(kind: K, id: string | null): RowOf<K> | undefined;
  /** Throws NOT_FOUND. */
  need<K extends SnapshotKind>(kind: K, id: string): RowOf<K>;
  count(kind: SnapshotKind): number;
  /** Rows that are not the same in an earlier snapshot; costs what differs, not what there is. */
  since<K extends SnapshotKind>(kind: K, earlier: Snapshot): Difference<K>[];
  /** In the order of ids. */
  all<K extends SnapshotKind>(kind: K): Iterable<RowOf<K>>;
  /** Rows whose column has this value, in the order of ids. */
  by<K extends SnapshotKind>(kind: K, column: IndexOf<K>, value: string | null): RowOf<K>[];
  /** Ids in the order of a column, strictly after `after` (or before it, backwards); O(log n) to the first. */
  ordered<K extends SnapshotKind>(kind: K, column: IndexOf<K>, after?: OrderedAfter, backwards?: boolean): Iterable<RowOf<K>>;
}
/** A row in two snapshots; it is missing in one where it was made or removed in between. */
export interface Difference<K extends SnapshotKind> {
  before?: RowOf<K>;
  after?: RowOf<K>;
}
export interface OrderedAfter {
  value: string | null;
  id: string;
}

class TreeSnapshot implements Snapshot {
  constructor(
    readonly cursor: number,
    readonly tables: Tables,
  ) {}

  stamp(kind: SnapshotKind): object {
    return this.tables[kind];
  }

  get<K extends SnapshotKind>(kind: K, id: string | null): RowOf<K> | undefined {
    return id === null ? undefined : (this.tables[kind].rows.get(id) as RowOf<K> | undefined);
  }

  need<K extends SnapshotKind>(kind: K, id: string): RowOf<K> {
    const row = this.get(kind, id);
    if (!row) throw notFound(kind, id);
    return row;
  }

  count(kind: SnapshotKind): number {
    return this.tables[kind].rows.size;
  }

  since<K extends SnapshotKind>(kind: K, earlier: Snapshot): Difference<K>[] {
    const differences: Difference<K>[] = [];
    diffAgainst(
      this.tables[kind].rows,
      (earlier as TreeSnapshot).tables[kind].rows,
      (_id, after) => void differences.push({ after: after as RowOf<K> }),
      (_id, before) => void differences.push({ before: before as RowOf<K> }),
      (_id, after, before) => void differences.push({ before: before as RowOf<K>, after: after as RowOf<K> }),
    );
    return differences;
  }

  all<K extends SnapshotKind>(kind: K): Iterable<RowOf<K>> {
    return { [Symbol.iterator]: () => this.tables[kind].rows.values() as Iterator<RowOf<K>> };
  }

  by<K extends SnapshotKind>(kind: K, column: IndexOf<K>, value: string | null): RowOf<K>[] {
    const table = this.tables[kind];
    const found: RowOf<K>[] = [];
    const start = indexKey(value, "");
    const end = start.slice(0, -SEPARATOR.length) + AFTER_SEPARATOR;
    indexOf(table, column as string).forRange(start, end, false, (_key, id) => void found.push(table.rows.get(id) as RowOf<K>));
    return found;
  }

  *ordered<K extends SnapshotKind>(kind: K, column: IndexOf<K>, after?: OrderedAfter, backwards = false): Generator<RowOf<K>> {
    const table = this.tables[kind];
    const index = indexOf(table, column as string);
    const from = after && indexKey(after.value, after.id);
    const entries = backwards ? index.entriesReversed(from, undefined, true) : index.entries(from);
    for (const [key, id] of entries) if (key !== from) yield table.rows.get(id) as RowOf<K>;
  }
}

function indexOf(table: Table, column: string): BTree<string, string> {
  const index = table.indexes.get(column);
  if (!index) throw new Error(`no index on ${column}`);
  return index;
}

const emptyTable = (kind: SnapshotKind): Table => ({
  rows: new BTree(),
  indexes: new Map(INDEXES[kind].map((column) => [column, new BTree<string, string>()])),
});
const cloneTable = (table: Table): Table => ({
  rows: table.rows.clone(),
  indexes: new Map([...table.indexes].map(([column, index]) => [column, index.clone()])),
});

function put(table: Table, id: string, row: object | null): void {
  const before = table.rows.get(id) as Record<string, Indexed> | undefined;
  const after = row as Record<string, Indexed> | null;
  for (const [column, index] of table.indexes) {
    if (before && after && before[column] === after[column]) continue;
    if (before) for (const key of indexKeys(before[column] ?? null, id)) index.delete(key);
    if (after) for (const key of indexKeys(after[column] ?? null, id)) index.set(key, id);
  }
  if (row) table.rows.set(id, row);
  else table.rows.delete(id);
}

/** A job that has ended is history. */
const hasEnded = ({ kind, row }: Change) => kind === "Job" && (row as RowOf<"Job">).status !== "STARTED";

/** The inventory as it is in the database: every row of every kind, of jobs those that run, at `cursor`. */
export function snapshotOf(cursor: number, rows: { [K in SnapshotKind]?: readonly RowOf<K>[] }): Snapshot {
  const tables = Object.fromEntries(SNAPSHOT_KINDS.map((kind) => [kind, emptyTable(kind)])) as Tables;
  for (const kind of SNAPSHOT_KINDS) for (const row of rows[kind] ?? []) put(tables[kind], row.id, Object.freeze(row));
  return new TreeSnapshot(cursor, tables);
}

/** The snapshot after one more journal entry; the old one stays as it was. */
export function advance(snapshot: Snapshot, entry: Entry): Snapshot {
  const tables = { ...(snapshot as TreeSnapshot).tables };
  const touched = new Set<SnapshotKind>();
  for (const change of entry.changes as readonly Change[]) {
    if (!isSnapshotKind(change.kind)) continue;
    const kind = change.kind;
    if (!touched.has(kind)) tables[kind] = cloneTable(tables[kind]);
    touched.add(kind);
    put(tables[kind], change.id, change.operation === "DELETED" || hasEnded(change) ? null : change.row);
  }
  return new TreeSnapshot(entry.cursor, tables);
}
