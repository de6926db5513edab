import { randomUUID } from "node:crypto";
import type { EntityManager } from "typeorm";
import type { Change } from "../domain/journal/entry.ts";
import { KIND_NAMES, SELF_REFERENCES, type Kind, type RowOf, type SnapshotKind } from "../domain/kinds.ts";
import type { Snapshot } from "../domain/inventory/snapshot.ts";
import { notFound } from "../errors.ts";
import { storablePatch, storableRow } from "./storable.ts";
import type { NewEvent, NewRow, Origin, Transaction } from "./unitOfWork.ts";

/** A row whose kind is known only at run time. */
export type AnyRow = Readonly<{ id: string; version: number } & Record<string, unknown>>;
interface Pending {
  kind: Kind;
  before: AnyRow | null;
  after: AnyRow | null;
}

/** A row that a decision read and that must not have changed, nor been claimed by another, when the decision is committed. */
export interface Claim {
  kind: Kind;
  row: AnyRow;
}

/** A transaction while its function runs: nothing but a list of what is to be written. */
export class CollectingTransaction implements Transaction {
  readonly now = new Date();
  readonly pending = new Map<string, Pending>();
  readonly claims = new Map<string, Claim>();
  readonly events: NewEvent[] = [];
  readonly extra: ((manager: EntityManager) => Promise<void>)[] = [];
  constructor(
    readonly origin: Origin,
    readonly snapshot: Snapshot,
  ) {}

  get<K extends SnapshotKind>(kind: K, id: string | null): RowOf<K> | undefined {
    const mine = id === null ? undefined : this.pending.get(id);
    return mine ? ((mine.after ?? undefined) as RowOf<K> | undefined) : this.snapshot.get(kind, id);
  }

  need<K extends SnapshotKind>(kind: K, id: string): RowOf<K> {
    const row = this.get(kind, id);
    if (!row) throw notFound(kind, id);
    return row;
  }

  insert<K extends Kind>(kind: K, row: NewRow<K>): RowOf<K> {
    const id = row.id ?? randomUUID();
    const before = this.pending.get(id)?.before ?? null;
    return this.#keep(kind, before, storableRow(kind, { ...row, id, version: 1 }) as AnyRow) as unknown as RowOf<K>;
  }

  update<K extends Kind>(kind: K, row: RowOf<K>, patch: Partial<RowOf<K>>): RowOf<K> {
    const current = this.#current(kind, row);
    const given = storablePatch(kind, patch);
    const differs = Object.entries(given).some(([name, value]) => !same(value, current[name]));
    return (differs ? this.#keep(kind, this.#before(row), { ...current, ...given }) : current) as unknown as RowOf<K>;
  }

  claim<K extends Kind>(kind: K, row: RowOf<K>): void {
    const before = this.#before(row);
    // One that this transaction makes is nobody else's yet.
    if (before) this.claims.set(before.id, { kind, row: before });
  }

  remove<K extends Kind>(kind: K, row: RowOf<K>): void {
    // A right on what is gone is nobody's.
    for (const right of this.snapshot.by("Permission", "objectId", row.id))
      if (this.get("Permission", right.id)) this.remove("Permission", right);
    const before = this.#before(row);
    if (before) this.pending.set(row.id, { kind, before, after: null });
    else this.pending.delete(row.id);
  }

  event(event: NewEvent): void {
    this.events.push(event);
  }

  also(write: (manager: EntityManager) => Promise<void>): void {
    this.extra.push(write);
  }

  changes(): Change[] {
    const all = [...this.pending.values()].map((each) => ({ ...each, level: this.#levelOf(each) }));
    return all.sort(byDependency).map(toChange);
  }

  /** How many of its own kind it hangs on that are written with it; of what is removed the other way round. */
  #levelOf({ kind, before, after }: Pending): number {
    const column = SELF_REFERENCES[kind];
    const above = column && this.pending.get(String((after ?? before)![column]));
    const level = above && !above.after === !after ? Math.abs(this.#levelOf(above)) + 1 : 0;
    return after ? level : -level;
  }

  #before(row: object): AnyRow | null {
    const given = row as AnyRow;
    const known = this.pending.get(given.id);
    return known ? known.before : given;
  }

  #current(kind: Kind, row: object): AnyRow {
    const given = row as AnyRow;
    const known = this.pending.get(given.id);
    if (known && !known.after) throw notFound(kind, given.id);
    return known?.after ?? given;
  }

  #keep(kind: Kind, before: AnyRow | null, row: AnyRow): AnyRow {
    const after = Object.freeze({ ...row, version: (before?.version ?? 0) + 1 });
    this.pending.set(after.id, { kind, before, after });
    return after;
  }
}

/** Structural equality of column values; Dates and plain JSON. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  return typeof a === "object" && typeof b === "object" && a !== null && b !== null && JSON.stringify(a) === JSON.stringify(b);
}

type Levelled = Pending & { level: number };
const rank = ({ kind, after }: Pending) => (after ? KIND_NAMES.indexOf(kind) : 2 * KIND_NAMES.length - KIND_NAMES.indexOf(kind));
const idOf = ({ before, after }: Pending) => (after ?? before)!.id;
const isNew = ({ before }: Pending) => Number(before === null);
/** Foreign keys first; then one order for all, so that transactions that write the same rows wait instead of locking each other out. */
const byDependency = (a: Levelled, b: Levelled) =>
  rank(a) - rank(b) || isNew(a) - isNew(b) || a.level - b.level || (idOf(a) < idOf(b) ? -1 : 1);

function toChange({ kind, before, after }: Pending): Change {
  const row = (after ?? before) as unknown as RowOf<Kind>;
  if (!after) return { kind, id: row.id, operation: "DELETED", row, fields: [] };
  if (!before) return { kind, id: row.id, operation: "CREATED", row, fields: Object.keys(after) };
  const fields = Object.keys(after).filter((name) => !same(after[name], before[name]));
  return { kind, id: row.id, operation: "UPDATED", row, fields };
}
