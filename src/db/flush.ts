import { randomUUID } from "node:crypto";
import type { EntityManager } from "typeorm";
import { Event } from "../domain/event/event.ts";
import type { Change, Entry } from "../domain/journal/entry.ts";
import { partOf } from "../domain/journal/parts.ts";
import { KINDS } from "../domain/kinds.ts";
import { OvertError } from "../errors.ts";
import { inSlice } from "../slice.ts";
import { holdClaims, noteClaims } from "./claims.ts";
import type { AnyRow, CollectingTransaction } from "./collect.ts";
import { storableWords } from "./storable.ts";
import { ChangeRow, JournalHead, JournalRow } from "./tables.ts";

/** Rows per INSERT: SQLite takes 32,766 parameters in one statement. */
const INSERT_BATCH = 500;

/** Writes what was collected and, last of all, its journal entry; null when there is nothing to journal. */
export async function flush(manager: EntityManager, transaction: CollectingTransaction): Promise<Entry | null> {
  const changes = transaction.changes();
  if (changes.length + transaction.events.length > 0) await holdClaims(manager, transaction);
  for (let from = 0, to = 0; from < changes.length; from = to) {
    to = endOfRun(changes, from);
    await inSlice();
    await flushRun(manager, changes.slice(from, to));
  }
  for (const write of transaction.extra) await write(manager);
  return changes.length + transaction.events.length > 0 ? append(manager, transaction, changes) : null;
}

/** New rows of one kind that follow each other go in one statement. */
function endOfRun(changes: readonly Change[], from: number): number {
  const { kind, operation } = changes[from]!;
  if (operation !== "CREATED") return from + 1;
  const end = changes.findIndex((change, at) => at > from && (change.kind !== kind || change.operation !== "CREATED"));
  return end < 0 ? changes.length : end;
}

async function flushRun(manager: EntityManager, run: readonly Change[]): Promise<void> {
  const change = run[0]!;
  const target: new () => object = KINDS[change.kind];
  if (change.operation === "CREATED")
    return insertAll(
      manager,
      target,
      run.map(({ row }) => ({ ...row })),
    );
  const known = { id: change.id, version: change.operation === "DELETED" ? change.row.version : change.row.version - 1 };
  const patch = Object.fromEntries(change.fields.map((name) => [name, (change.row as unknown as AnyRow)[name]]));
  const { affected } = await (change.operation === "DELETED" ? manager.delete(target, known) : manager.update(target, known, patch));
  if (!affected) throw stale(change);
}

const stale = (change: Change) =>
  new OvertError("CONFLICT", `${change.kind} ${change.id} was changed by someone else.`, [{ code: "STALE", message: change.kind }]);

/** Takes the next number by updating one row, last of all: so the order of commits is the order of numbers, and a rollback leaves no gap. */
async function append(manager: EntityManager, transaction: CollectingTransaction, changes: Change[]): Promise<Entry> {
  const { now: at } = transaction;
  const { userId, correlationId, jobId } = transaction.origin;
  const origin = { userId, correlationId, jobId };
  await manager.increment(JournalHead, { id: 1 }, "cursor", 1);
  const { cursor } = await manager.findOneByOrFail(JournalHead, { id: 1 });
  await noteClaims(manager, transaction, cursor);
  const events = transaction.events.map((event, number): Event => ({
    ...noLinks,
    ...event,
    ...origin,
    description: storableWords(event.description),
    id: randomUUID(),
    cursor,
    number,
    time: at,
  }));
  await manager.insert(JournalRow, { cursor, at, ...origin });
  await insertAll(
    manager,
    ChangeRow,
    changes.map((change, number) => toChangeRow(cursor, number, change)),
  );
  await insertAll(manager, Event, events);
  return { cursor, at, ...origin, changes, events };
}
const noLinks = { vmId: null, hostId: null, clusterId: null, dataCenterId: null, storageDomainId: null, templateId: null };

function toChangeRow(cursor: number, number: number, change: Change): ChangeRow {
  const { kind, id, operation, fields, row } = change;
  const part = partOf(change);
  return { cursor, number, kind, entityId: id, operation, fields: [...fields], row: { ...(part ?? row) }, part: part && true };
}

async function insertAll<E extends object>(manager: EntityManager, target: new () => E, rows: readonly E[]): Promise<void> {
  for (let from = 0; from < rows.length; from += INSERT_BATCH) await manager.insert(target, rows.slice(from, from + INSERT_BATCH) as never);
}
