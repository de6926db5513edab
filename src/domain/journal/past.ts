import { Between, In, LessThan, LessThanOrEqual, MoreThan, type EntityManager } from "typeorm";
import { ChangeRow, JournalRow } from "../../db/tables.ts";
import { invalid, notFound, type OvertError } from "../../errors.ts";
import { advance, type Difference, type OrderedAfter, type Snapshot } from "../inventory/snapshot.ts";
import { LISTED_KINDS, isListedKind, type IndexOf, type Kind, type ListedKind, type RowOf, type SnapshotKind } from "../kinds.ts";
import type { Change } from "./entry.ts";
import { wholeRows } from "./parts.ts";
import { readHead } from "./read.ts";
import { reviveRow } from "./revive.ts";

/** Objects whose rows are read at once. */
const ROWS_AT_ONCE = 200;
/** What reading a row takes, compared with reading which one changed. */
const ROW_PRICE = 10;

/** Thrown by a past snapshot for what has not been read yet: an object, or with `id` null all of a kind. */
export class NotRecalled extends Error {
  constructor(
    readonly kind: SnapshotKind,
    readonly id: string | null,
  ) {
    super(`${kind} ${id ?? ""} has not been read.`);
    this.name = "NotRecalled";
  }
}

/** The inventory as it was: it is read from the journal as it is asked for. */
export interface Past {
  readonly snapshot: Snapshot;
  /** Reads what was missing: then the same may be asked again. Throws INVALID where it is forgotten, and what `spend` throws. */
  recall(missing: NotRecalled): Promise<void>;
}

/** Told of rows before they are read; throws when they are too many. */
type Spend = (rows: number) => void;

/** The entry after which the inventory was as it was at a time. Throws INVALID for a time that is forgotten. */
export async function cursorAt(reader: EntityManager, at: Date, path: string): Promise<number> {
  const last = await reader.findOne(JournalRow, { where: { at: LessThanOrEqual(at) }, order: { at: "DESC", cursor: "DESC" } });
  if (last) return last.cursor;
  if ((await readHead(reader)).prunedTo === 0) return 0;
  throw await forgotten(reader, path);
}

async function forgotten(reader: EntityManager, path: string, from = 0): Promise<OvertError> {
  const [first] = await reader.find(JournalRow, { where: { cursor: MoreThan(from - 1) }, order: { cursor: "ASC" }, take: 1 });
  return invalid(path, `What was before ${first!.at.toISOString()} is forgotten.`, "FORGOTTEN");
}

export function openPast(reader: EntityManager, now: Snapshot, { cursor, spend }: { cursor: number; spend: Spend }): Past {
  const snapshot = new PastSnapshot(now, cursor);
  return {
    snapshot,
    async recall({ kind, id }) {
      if (!isListedKind(kind)) throw new Error(`Of ${kind} nothing is recalled.`);
      if (id !== null) {
        spend(ROW_PRICE);
        return snapshot.remember(id, (await rowsAt(reader, now, { ids: [id], cursor })).get(id) ?? null);
      }
      const ids = await changedAfter(reader, { kind, cursor, upTo: now.cursor, spend });
      spend(ids.length * ROW_PRICE);
      const changes: Change[] = [];
      for (let at = 0; at < ids.length; at += ROWS_AT_ONCE)
        for (const [each, known] of await rowsAt(reader, now, { ids: ids.slice(at, at + ROWS_AT_ONCE), cursor }))
          changes.push({ kind, id: each, operation: known ? "UPDATED" : "DELETED", row: (known?.row ?? {}) as RowOf<Kind>, fields: [] });
      snapshot.rewind(kind, changes);
    },
  };
}

async function changedAfter(
  reader: EntityManager,
  { kind, cursor, upTo, spend }: { kind: string; cursor: number; upTo: number; spend: Spend },
): Promise<string[]> {
  const where = { kind, cursor: Between(cursor + 1, upTo) };
  spend(await reader.countBy(ChangeRow, where));
  const rows = await reader
    .createQueryBuilder(ChangeRow, "change")
    .select("change.entityId", "id")
    .distinct()
    .where(where)
    .getRawMany<{ id: string }>();
  return rows.map(({ id }) => id);
}

export interface Known {
  kind: ListedKind;
  row: RowOf<ListedKind>;
}
interface Wanted {
  ids: readonly string[];
  cursor: number;
}

/** Objects as they were after an entry; null for one that there was not. Throws INVALID for one of which that is forgotten. */
export async function rowsAt(reader: EntityManager, now: Snapshot, { ids, cursor }: Wanted): Promise<Map<string, Known | null>> {
  const before = await edge(reader, { ids, where: LessThanOrEqual(cursor), order: "MAX" });
  const whole = await wholeRows(reader, before);
  const known = new Map<string, Known | null>();
  for (const [index, { entityId, kind, operation }] of before.entries())
    known.set(entityId, operation === "DELETED" ? null : knownOf(kind, whole[index]!));
  const others = ids.filter((id) => !known.has(id));
  const after = new Map(
    (await edge(reader, { ids: others, where: MoreThan(cursor), order: "MIN" })).map((change) => [change.entityId, change]),
  );
  for (const id of others) known.set(id, await beforeFirst(reader, now, { id, first: after.get(id) }));
  return known;
}

const knownOf = (kind: string, row: Readonly<Record<string, unknown>>): Known => ({
  kind: kind as ListedKind,
  row: Object.freeze(reviveRow(kind as Kind, row)) as unknown as RowOf<ListedKind>,
});

/** How an object was before the first change that is known of it. */
async function beforeFirst(
  reader: EntityManager,
  now: Snapshot,
  { id, first }: { id: string; first: ChangeRow | undefined },
): Promise<Known | null> {
  if (first?.operation === "CREATED") return null;
  if (first?.operation === "DELETED") return knownOf(first.kind, first.row);
  if (first && first.cursor <= now.cursor) throw await forgotten(reader, "asOf", first.cursor);
  for (const kind of LISTED_KINDS) {
    const row = now.get(kind, id);
    if (row) return { kind, row };
  }
  return null;
}

/** The last change of each before, or the first after. */
async function edge(
  reader: EntityManager,
  { ids, where, order }: { ids: readonly string[]; where: ReturnType<typeof LessThan>; order: "MAX" | "MIN" },
): Promise<ChangeRow[]> {
  if (ids.length === 0) return [];
  const found = await reader
    .createQueryBuilder(ChangeRow, "change")
    .select("change.entityId", "id")
    .addSelect(`${order}(change.cursor)`, "cursor")
    .where({ entityId: In([...ids]), cursor: where })
    .groupBy("change.entityId")
    .getRawMany<{ id: string; cursor: number | string }>();
  if (found.length === 0) return [];
  const wanted = new Map(found.map(({ id, cursor }) => [id, Number(cursor)]));
  const rows = await reader.findBy(ChangeRow, { entityId: In([...wanted.keys()]), cursor: In([...new Set(wanted.values())]) });
  return rows.filter(({ entityId, cursor }) => wanted.get(entityId) === cursor);
}

/** Jobs that ran then are not in it. */
class PastSnapshot implements Snapshot {
  #rewound: Snapshot;
  readonly #kinds = new Set<SnapshotKind>();
  readonly #known = new Map<string, Known | null>();

  constructor(
    now: Snapshot,
    readonly cursor: number,
  ) {
    this.#rewound = now;
  }

  remember(id: string, known: Known | null): void {
    this.#known.set(id, known);
  }

  rewind(kind: SnapshotKind, changes: readonly Change[]): void {
    const entry = { cursor: this.cursor, at: new Date(0), correlationId: "", userId: null, jobId: null, changes, events: [] };
    this.#rewound = advance(this.#rewound, entry);
    this.#kinds.add(kind);
  }

  #of(kind: SnapshotKind): Snapshot {
    if (!this.#kinds.has(kind)) throw new NotRecalled(kind, null);
    return this.#rewound;
  }

  stamp(kind: SnapshotKind): object {
    return this.#of(kind).stamp(kind);
  }

  get<K extends SnapshotKind>(kind: K, id: string | null): RowOf<K> | undefined {
    if (id === null || kind === "Job") return undefined;
    if (this.#kinds.has(kind)) return this.#rewound.get(kind, id);
    const known = this.#known.get(id);
    if (known === undefined) throw new NotRecalled(kind, id);
    return known?.kind === kind ? (known.row as RowOf<K>) : undefined;
  }

  need<K extends SnapshotKind>(kind: K, id: string): RowOf<K> {
    const row = this.get(kind, id);
    if (!row) throw notFound(kind, id);
    return row;
  }

  count(kind: SnapshotKind): number {
    return this.#of(kind).count(kind);
  }

  since<K extends SnapshotKind>(kind: K, earlier: Snapshot): Difference<K>[] {
    return this.#of(kind).since(kind, earlier);
  }

  all<K extends SnapshotKind>(kind: K): Iterable<RowOf<K>> {
    return this.#of(kind).all(kind);
  }

  by<K extends SnapshotKind>(kind: K, column: IndexOf<K>, value: string | null): RowOf<K>[] {
    return kind === "Job" ? [] : this.#of(kind).by(kind, column, value);
  }

  ordered<K extends SnapshotKind>(kind: K, column: IndexOf<K>, after?: OrderedAfter, backwards?: boolean): Iterable<RowOf<K>> {
    return this.#of(kind).ordered(kind, column, after, backwards);
  }
}
