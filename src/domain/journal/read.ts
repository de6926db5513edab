import { Between, type EntityManager } from "typeorm";
import type { Database } from "../../db/database.ts";
import { ChangeRow, JournalHead, JournalRow } from "../../db/tables.ts";
import { Event } from "../event/event.ts";
import { snapshotOf, type Snapshot } from "../inventory/snapshot.ts";
import { INVENTORY_KINDS, KINDS, type Kind, type RowOf } from "../kinds.ts";
import { Job } from "../job/job.ts";
import type { Change, Entry } from "./entry.ts";
import { wholeRows } from "./parts.ts";
import { reviveRow } from "./revive.ts";

/** Entries read at once. */
export const READ_BATCH = 500;

export const readHead = (manager: EntityManager): Promise<JournalHead> => manager.findOneByOrFail(JournalHead, { id: 1 });

/** Every row of the inventory and every running job, read at one moment: no entry is committed in between. */
export function loadSnapshot(database: Database): Promise<Snapshot> {
  return database.snapshotRead(async (manager) => {
    const { cursor } = await readHead(manager);
    const rows: Partial<Record<Kind, unknown>> = {};
    for (const kind of INVENTORY_KINDS) rows[kind] = (await manager.find(KINDS[kind] as never)).map((row: object) => ({ ...row }));
    rows.Job = (await manager.findBy(Job, { status: "STARTED" })).map((row) => ({ ...row }));
    return snapshotOf(cursor, rows as Parameters<typeof snapshotOf>[1]);
  });
}

/** The first entries after a cursor, READ_BATCH at most; what is missing at the start of the range was pruned. */
export async function readEntries(manager: EntityManager, after: number, upTo: number): Promise<Entry[]> {
  for (;;) {
    const where = { cursor: Between(after + 1, upTo) };
    const rows = await manager.find(JournalRow, { where, order: { cursor: "ASC" }, take: READ_BATCH });
    const first = rows[0]?.cursor;
    if (first === undefined) return [];
    const range = { where: { cursor: Between(first, rows.at(-1)!.cursor) }, order: { cursor: "ASC", number: "ASC" } } as const;
    const read = await manager.find(ChangeRow, range);
    const whole = await wholeRows(manager, read);
    const changes = Map.groupBy(
      read.map((change, index) => ({ ...change, row: whole[index]! })),
      ({ cursor }) => cursor,
    );
    const events = Map.groupBy(await manager.find(Event, range), ({ cursor }) => cursor);
    // A prune in between took changes of entries that were seen: read on behind it.
    if ((await readHead(manager)).prunedTo >= first) continue;
    return rows.map((row) => ({ ...row, changes: (changes.get(row.cursor) ?? []).map(toChange), events: events.get(row.cursor) ?? [] }));
  }
}

const toChange = (row: Omit<ChangeRow, "row"> & { row: Readonly<Record<string, unknown>> }): Change => ({
  kind: row.kind as Kind,
  id: row.entityId,
  operation: row.operation as Change["operation"],
  fields: row.fields,
  row: Object.freeze(reviveRow(row.kind as Kind, row.row)) as RowOf<Kind>,
});
