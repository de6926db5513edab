import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { EntityManager } from "typeorm";
import { OvertError } from "../errors.ts";
import { Event } from "../domain/event/event.ts";
import type { Change, Entry } from "../domain/journal/entry.ts";
import { KIND_NAMES, KINDS, type InventoryKind, type Kind, type RowOf } from "../domain/kinds.ts";
import type { Snapshot } from "../domain/inventory/snapshot.ts";
import type { Database } from "./database.ts";
import { ChangeRow, JournalHead, JournalRow } from "./tables.ts";
import { isDuplicate, isTransient } from "./errors.ts";

const ATTEMPTS = 6;

/** Who writes, and as part of what. */
export interface Origin {
  userId: string | null;
  correlationId: string;
  jobId: string | null;
}
/** `version` and (when absent) `id` are set by the unit of work. */
export type NewRow<K extends Kind> = Omit<RowOf<K>, "version" | "id"> & { id?: string };
export type NewEvent = Pick<Event, "code" | "name" | "severity" | "description"> &
  Partial<Pick<Event, "vmId" | "hostId" | "clusterId" | "dataCenterId" | "storageDomainId" | "templateId">>;

/** Collects writes; nothing reaches the database before the function that was given it has returned. */
export interface Transaction {
  readonly origin: Origin;
  readonly now: Date;
  /** Committed state, without this transaction's own writes. */
  readonly snapshot: Snapshot;
  /** With this transaction's own writes. */
  get<K extends InventoryKind>(kind: K, id: string | null): RowOf<K> | undefined;
  /** As `get`; throws NOT_FOUND. */
  need<K extends InventoryKind>(kind: K, id: string): RowOf<K>;
  insert<K extends Kind>(kind: K, row: NewRow<K>): RowOf<K>;
  /** Returns the new row. No write happens when nothing differs. `row` must be from this transaction, its snapshot, or freshly loaded. */
  update<K extends Kind>(kind: K, row: RowOf<K>, patch: Partial<RowOf<K>>): RowOf<K>;
  /** Makes every concurrent writer that read this row decide again, without changing it. */
  claim<K extends Kind>(kind: K, row: RowOf<K>): void;
  remove<K extends Kind>(kind: K, row: RowOf<K>): void;
  event(event: NewEvent): void;
  /** For rows that are nobody's entity; runs inside the database transaction, before the journal entry. */
  also(write: (manager: EntityManager) => Promise<void>): void;
  /** What has been collected. */
  changes(): Change[];
}

/** A row whose kind is known only at run time. */
type AnyRow = Readonly<{ id: string; version: number } & Record<string, unknown>>;
interface Pending {
  kind: Kind;
  before: AnyRow | null;
  after: AnyRow | null;
}

class CollectingTransaction implements Transaction {
  readonly now = new Date();
  readonly pending = new Map<string, Pending>();
  readonly events: NewEvent[] = [];
  readonly extra: ((manager: EntityManager) => Promise<void>)[] = [];
  constructor(
    readonly origin: Origin,
    readonly snapshot: Snapshot,
  ) {}

  get<K extends InventoryKind>(kind: K, id: string | null): RowOf<K> | undefined {
    const mine = id === null ? undefined : this.pending.get(id);
    return mine ? ((mine.after ?? undefined) as RowOf<K> | undefined) : this.snapshot.get(kind, id);
  }

  need<K extends InventoryKind>(kind: K, id: string): RowOf<K> {
    return this.get(kind, id) ?? this.snapshot.need(kind, id);
  }

  insert<K extends Kind>(kind: K, row: NewRow<K>): RowOf<K> {
    const after: AnyRow = Object.freeze({ ...row, id: row.id ?? randomUUID(), version: 1 });
    this.pending.set(after.id, { kind, before: null, after });
    return after as unknown as RowOf<K>;
  }

  update<K extends Kind>(kind: K, row: RowOf<K>, patch: Partial<RowOf<K>>): RowOf<K> {
    const current = this.#current(row);
    const differs = Object.entries(patch).some(([name, value]) => !same(value, current[name]));
    return (differs ? this.#put(kind, row, { ...current, ...patch }) : current) as unknown as RowOf<K>;
  }

  claim<K extends Kind>(kind: K, row: RowOf<K>): void {
    this.#put(kind, row, { ...this.#current(row) });
  }

  #current(row: object): AnyRow {
    const given = row as AnyRow;
    return this.pending.get(given.id)?.after ?? given;
  }

  #put(kind: Kind, row: object, after: AnyRow): AnyRow {
    const given = row as AnyRow;
    const known = this.pending.get(given.id);
    const before = known ? known.before : given;
    const frozen = Object.freeze({ ...after, version: before ? before.version + 1 : 1 });
    this.pending.set(given.id, { kind, before, after: frozen });
    return frozen;
  }

  remove<K extends Kind>(kind: K, row: RowOf<K>): void {
    const known = this.pending.get(row.id);
    if (known && !known.before) this.pending.delete(row.id);
    else this.pending.set(row.id, { kind, before: known?.before ?? (row as unknown as AnyRow), after: null });
  }

  event(event: NewEvent): void {
    this.events.push(event);
  }

  also(write: (manager: EntityManager) => Promise<void>): void {
    this.extra.push(write);
  }

  changes(): Change[] {
    return [...this.pending.values()].sort(byDependency).map(toChange);
  }
}

/** Structural equality of column values; Dates and plain JSON. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  return typeof a === "object" && typeof b === "object" && a !== null && b !== null && JSON.stringify(a) === JSON.stringify(b);
}

const rank = (pending: Pending) =>
  pending.after ? KIND_NAMES.indexOf(pending.kind) : 2 * KIND_NAMES.length - KIND_NAMES.indexOf(pending.kind);
const byDependency = (a: Pending, b: Pending) => rank(a) - rank(b);

function toChange({ kind, before, after }: Pending): Change {
  const row = (after ?? before) as unknown as RowOf<Kind>;
  if (!after) return { kind, id: row.id, operation: "DELETED", row, fields: [] };
  if (!before) return { kind, id: row.id, operation: "CREATED", row, fields: Object.keys(after) };
  const fields = Object.keys(after).filter((name) => !same(after[name], before[name]));
  return { kind, id: row.id, operation: "UPDATED", row, fields };
}

const stale = (change: Change) =>
  new OvertError("CONFLICT", `${change.kind} ${change.id} was changed by someone else.`, [{ code: "STALE", message: change.kind }]);

async function flushChange(manager: EntityManager, change: Change): Promise<void> {
  const target = KINDS[change.kind];
  if (change.operation === "CREATED") return void (await manager.insert(target, { ...change.row }));
  const version = change.operation === "DELETED" ? change.row.version : change.row.version - 1;
  if (change.operation === "DELETED") {
    const { affected } = await manager.delete(target, { id: change.id, version });
    if (!affected) throw stale(change);
    return;
  }
  const patch = Object.fromEntries(change.fields.map((name) => [name, (change.row as unknown as AnyRow)[name]]));
  const { affected } = await manager.update(target, { id: change.id, version }, patch);
  if (!affected) throw stale(change);
}

/** Takes the next number by updating one row, last of all: so the order of commits is the order of numbers, and a rollback leaves no gap. */
async function append(manager: EntityManager, transaction: CollectingTransaction, changes: Change[]): Promise<Entry> {
  await manager.increment(JournalHead, { id: 1 }, "cursor", 1);
  const { cursor } = await manager.findOneByOrFail(JournalHead, { id: 1 });
  const { origin, now: at } = transaction;
  const events = transaction.events.map((event, number): Event => ({
    ...noLinks,
    ...event,
    ...origin,
    id: randomUUID(),
    cursor,
    number,
    time: at,
  }));
  await manager.insert(JournalRow, { cursor, at, ...origin });
  if (changes.length > 0) await manager.insert(ChangeRow, changes.map((change, number) => toChangeRow(cursor, number, change)) as never);
  if (events.length > 0) await manager.insert(Event, events);
  return { cursor, at, ...origin, changes, events };
}
const noLinks = { vmId: null, hostId: null, clusterId: null, dataCenterId: null, storageDomainId: null, templateId: null };

const toChangeRow = (cursor: number, number: number, { kind, id, operation, fields, row }: Change): ChangeRow => ({
  cursor,
  number,
  kind,
  entityId: id,
  operation,
  fields: [...fields],
  row: { ...row },
});

export interface UnitOfWork {
  /**
   * Runs `decide` on the newest snapshot and writes what it collected, with its journal entry, in one transaction.
   * When another writer was faster it is run again on the newer snapshot, so it must do nothing but decide.
   * Resolves once the inventory holds the result. Throws what `decide` throws; CONFLICT after several lost races or
   * for a unique name that is taken.
   */
  run<T>(origin: Origin, decide: (transaction: Transaction) => T | Promise<T>): Promise<T>;
  /** As `run`, but writes nothing: what would change, and what `decide` answered. */
  rehearse<T>(origin: Origin, decide: (transaction: Transaction) => T | Promise<T>): Promise<{ result: T; changes: Change[] }>;
}
/** The journal's side of a commit. */
export interface CommitSink {
  snapshot(): Snapshot;
  /** Called after the commit; resolves when the inventory has this entry. */
  committed(entry: Entry): Promise<void>;
  /** Brings the inventory up to what is committed by anyone. */
  catchUp(): Promise<void>;
}

export function createUnitOfWork(database: Database, sink: CommitSink): UnitOfWork {
  const attempt = async <T>(origin: Origin, decide: (transaction: Transaction) => T | Promise<T>): Promise<T> => {
    const transaction = new CollectingTransaction(origin, sink.snapshot());
    const result = await decide(transaction);
    const changes = transaction.changes();
    if (changes.length + transaction.events.length === 0 && transaction.extra.length === 0) return result;
    const entry = await database.transaction(async (manager) => {
      for (const change of changes) await flushChange(manager, change);
      for (const write of transaction.extra) await write(manager);
      return changes.length + transaction.events.length > 0 ? append(manager, transaction, changes) : null;
    });
    if (entry) await sink.committed(entry);
    return result;
  };
  const run = async <T>(origin: Origin, decide: (transaction: Transaction) => T | Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt(origin, decide);
      } catch (error) {
        if (isDuplicate(error))
          throw new OvertError(
            "CONFLICT",
            "Something with this name or relation exists already.",
            [{ code: "DUPLICATE", message: "unique" }],
            { cause: error },
          );
        if (tries >= ATTEMPTS || !(isStale(error) || isTransient(error))) throw error;
        await sink.catchUp();
        await sleep(Math.random() * 2 ** tries);
      }
    }
  };
  const rehearse = async <T>(origin: Origin, decide: (transaction: Transaction) => T | Promise<T>) => {
    const transaction = new CollectingTransaction(origin, sink.snapshot());
    return { result: await decide(transaction), changes: transaction.changes() };
  };
  return { run, rehearse };
}

const isStale = (error: unknown) => error instanceof OvertError && error.reasons.some((reason) => reason.code === "STALE");
