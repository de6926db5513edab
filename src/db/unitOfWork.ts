import { setTimeout as sleep } from "node:timers/promises";
import type { EntityManager } from "typeorm";
import { OvertError } from "../errors.ts";
import { createLanes } from "../lanes.ts";
import type { Event } from "../domain/event/event.ts";
import type { Change, Entry } from "../domain/journal/entry.ts";
import type { Kind, RowOf, SnapshotKind } from "../domain/kinds.ts";
import type { Snapshot } from "../domain/inventory/snapshot.ts";
import { CollectingTransaction } from "./collect.ts";
import type { Database } from "./database.ts";
import { isDuplicate, isReferenceViolation, isTransient } from "./errors.ts";
import { flush } from "./flush.ts";

const ATTEMPTS = 12;
const LONGEST_PAUSE_MS = 100;

/** Who writes, and as part of what. */
export interface Origin {
  userId: string | null;
  correlationId: string;
  jobId: string | null;
  /** Set where a step of that job runs a verb's decision: the job that this adds is its child, found again by this key. */
  child?: string;
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
  get<K extends SnapshotKind>(kind: K, id: string | null): RowOf<K> | undefined;
  /** As `get`; throws NOT_FOUND. */
  need<K extends SnapshotKind>(kind: K, id: string): RowOf<K>;
  insert<K extends Kind>(kind: K, row: NewRow<K>): RowOf<K>;
  /** Returns the new row. No write happens when nothing differs. `row` must be from this transaction, its snapshot, or freshly loaded. */
  update<K extends Kind>(kind: K, row: RowOf<K>, patch: Partial<RowOf<K>>): RowOf<K>;
  /** Makes whoever changes or claims this row at the same time decide again; it is not changed. Only of a transaction that changes something else. */
  claim<K extends Kind>(kind: K, row: RowOf<K>): void;
  remove<K extends Kind>(kind: K, row: RowOf<K>): void;
  event(event: NewEvent): void;
  /** For rows that are nobody's entity; runs inside the database transaction, before the journal entry. */
  also(write: (manager: EntityManager) => Promise<void>): void;
  /** What has been collected. */
  changes(): Change[];
}

type Decide<T> = (transaction: Transaction) => T | Promise<T>;

export interface UnitOfWork {
  /**
   * Runs `decide` on the newest snapshot and writes what it collected, with its journal entry, in one transaction.
   * When another writer was faster it is run again on the newer snapshot, so it must do nothing but decide, and start no other `run`.
   * Resolves once the inventory holds the result. Throws what `decide` throws; INVALID, with the column of the input as path, for a
   * value that cannot be stored; CONFLICT with the reason DUPLICATE for a unique name that is taken, IN_USE for the removal
   * of what something refers to (or a reference to what is gone), STALE after several lost races.
   */
  run<T>(origin: Origin, decide: Decide<T>): Promise<T>;
  /** As `run`, but writes nothing: what would change, and what `decide` answered. */
  rehearse<T>(origin: Origin, decide: Decide<T>): Promise<{ result: T; changes: Change[] }>;
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
  // In turn: of many who write the same row at once, each would else lose to one after another of the rest, up to all of them.
  const inTurn = createLanes(1);
  const attempt = async <T>(origin: Origin, decide: Decide<T>): Promise<{ result: T } | { lost: unknown }> => {
    const transaction = new CollectingTransaction(origin, sink.snapshot());
    const result = await decide(transaction);
    try {
      await commit(database, sink, transaction);
      return { result };
    } catch (error) {
      if (!lostRace(error)) throw error;
      await sink.catchUp();
      // Without news the same decision comes out again.
      if (sink.snapshot().cursor === transaction.snapshot.cursor && !isTransient(error)) throw asConflict(error);
      return { lost: error };
    }
  };
  const again = async <T>(origin: Origin, decide: Decide<T>): Promise<T> => {
    for (let tries = 2; ; tries++) {
      const outcome = await attempt(origin, decide);
      if ("result" in outcome) return outcome.result;
      if (tries >= ATTEMPTS) throw asConflict(outcome.lost);
      await sleep(Math.random() * Math.min(2 ** tries, LONGEST_PAUSE_MS));
    }
  };
  const run = async <T>(origin: Origin, decide: Decide<T>): Promise<T> => {
    const first = await attempt(origin, decide);
    return "result" in first ? first.result : inTurn(() => again(origin, decide));
  };
  const rehearse = async <T>(origin: Origin, decide: Decide<T>) => {
    const transaction = new CollectingTransaction(origin, sink.snapshot());
    return { result: await decide(transaction), changes: transaction.changes() };
  };
  return { run, rehearse };
}

async function commit(database: Database, sink: CommitSink, transaction: CollectingTransaction): Promise<void> {
  if (transaction.pending.size + transaction.events.length + transaction.extra.length === 0) return;
  const entry = await database.transaction((manager) => flush(manager, transaction));
  if (entry) await sink.committed(entry);
}

const conflict = (code: string, message: string, cause: unknown) => new OvertError("CONFLICT", message, [{ code, message }], { cause });
function asConflict(error: unknown): unknown {
  if (isDuplicate(error)) return conflict("DUPLICATE", "Something with this name or relation exists already.", error);
  if (isReferenceViolation(error)) return conflict("IN_USE", "It is in use, or something that it refers to is gone.", error);
  return isTransient(error) ? conflict("STALE", "Others were faster, again and again.", error) : error;
}
const isStale = (error: unknown) => error instanceof OvertError && error.reasons.some(({ code }) => code === "STALE");
/** On newer rows `decide` may come to another end. */
const lostRace = (error: unknown) => isStale(error) || isTransient(error) || isReferenceViolation(error) || isDuplicate(error);
