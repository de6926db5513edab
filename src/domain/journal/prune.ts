import { Between, MoreThanOrEqual, type EntityManager } from "typeorm";
import type { Database } from "../../db/database.ts";
import { JournalHead, JournalRow } from "../../db/tables.ts";
import { forgetChanges } from "./parts.ts";
import { readHead } from "./read.ts";

/** Entries forgotten in one transaction. */
const PRUNE_BATCH = 2_000;

/** Forgets entries older than `before`, never the newest, and answers how many. */
export async function prune(database: Database, before: Date): Promise<number> {
  const { cursor: newest, prunedTo } = await readHead(database.reader);
  const kept = await database.reader.findOne(JournalRow, { where: { at: MoreThanOrEqual(before) }, order: { cursor: "ASC" } });
  const last = Math.min(kept?.cursor ?? newest, newest) - 1;
  for (let from = prunedTo + 1; from <= last; from += PRUNE_BATCH) {
    const to = Math.min(from + PRUNE_BATCH - 1, last);
    await database.transaction((manager) => forget(manager, from, to));
  }
  return Math.max(last - prunedTo, 0);
}

async function forget(manager: EntityManager, from: number, to: number): Promise<void> {
  await forgetChanges(manager, from, to);
  await manager.delete(JournalRow, { cursor: Between(from, to) });
  await manager.update(JournalHead, { id: 1 }, { prunedTo: to });
}
