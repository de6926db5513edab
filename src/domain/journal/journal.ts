import type { EntityManager } from "typeorm";
import { MoreThan, Between } from "typeorm";
import type { Database } from "../../db/database.ts";
import { ChangeRow, JournalHead, JournalRow } from "../../db/tables.ts";
import type { CommitSink } from "../../db/unitOfWork.ts";
import { Event } from "../event/event.ts";
import { advance, snapshotOf, type Snapshot } from "../inventory/snapshot.ts";
import { INVENTORY_KINDS, KINDS, type Kind, type RowOf } from "../kinds.ts";
import { reviveRow } from "./revive.ts";
import type { Change, Entry } from "./entry.ts";

/** Entries kept in memory; an older cursor is served from the database. */
const RECENT_ENTRIES = 2_000;
const READ_BATCH = 500;
/** Another replica's commit is noticed this soon even without a nudge. */
const GAP_RECHECK_MS = 50;

/** What a follower receives: the next entry, or that entries up to `to` no longer exist. */
export type Followed = { entry: Entry; snapshot: Snapshot } | { gap: { from: number; to: number } };

export interface Journal extends CommitSink {
  /** Newest inventory. */
  snapshot(): Snapshot;
  /**
   * Every entry after `cursor`, in order, each once: from memory, else from the database, then live until `signal` aborts.
   * Nothing is queued per follower: a slow one reads later. Live and recent entries come with the snapshot they led to,
   * older ones with the newest.
   */
  follow(cursor: number, signal: AbortSignal): AsyncGenerator<Followed>;
  /** Forgets entries older than `before`; never the newest. Followers that need them get a gap. */
  prune(before: Date): Promise<number>;
}

/** Every row of the inventory, read at one moment: no entry is committed in between. */
async function loadSnapshot(database: Database): Promise<Snapshot> {
  const read = async (manager: EntityManager) => {
    const rows: Partial<Record<Kind, unknown>> = {};
    const head = await manager.findOneByOrFail(JournalHead, { id: 1 });
    for (const kind of INVENTORY_KINDS) rows[kind] = (await manager.find(KINDS[kind] as never)).map((row: object) => ({ ...row }));
    return snapshotOf(head.cursor, rows as Parameters<typeof snapshotOf>[1]);
  };
  return database.snapshotRead(read);
}

async function readEntries(manager: EntityManager, after: number, upTo: number): Promise<Entry[]> {
  const rows = await manager.find(JournalRow, { where: { cursor: Between(after + 1, upTo) }, order: { cursor: "ASC" }, take: READ_BATCH });
  if (rows.length === 0) return [];
  const range = Between(rows[0]!.cursor, rows.at(-1)!.cursor);
  const changes = await manager.find(ChangeRow, { where: { cursor: range }, order: { cursor: "ASC", number: "ASC" } });
  const events = await manager.find(Event, { where: { cursor: range }, order: { cursor: "ASC", number: "ASC" } });
  return rows.map((row) => ({
    ...row,
    changes: changes.filter((change) => change.cursor === row.cursor).map(toChange),
    events: events.filter((event) => event.cursor === row.cursor),
  }));
}

const toChange = (row: ChangeRow): Change => ({
  kind: row.kind as Kind,
  id: row.entityId,
  operation: row.operation as Change["operation"],
  fields: row.fields,
  row: reviveRow(row.kind as Kind, row.row) as RowOf<Kind>,
});

export async function openJournal(database: Database): Promise<Journal> {
  let newest = await loadSnapshot(database);
  const recent: { entry: Entry; snapshot: Snapshot }[] = [];
  const early = new Map<number, Entry>();
  let wake = Promise.withResolvers<void>();

  const apply = (entry: Entry): void => {
    newest = advance(newest, entry);
    recent.push({ entry, snapshot: newest });
    if (recent.length > RECENT_ENTRIES) recent.shift();
  };
  const drain = (): void => {
    const before = newest.cursor;
    for (let next = early.get(newest.cursor + 1); next; next = early.get(newest.cursor + 1)) apply(next);
    for (const cursor of early.keys()) if (cursor <= newest.cursor) early.delete(cursor);
    if (newest.cursor === before) return;
    wake.resolve();
    wake = Promise.withResolvers();
  };
  const catchUp = async (): Promise<void> => {
    for (;;) {
      const entries = await readEntries(database.reader, newest.cursor, Number.MAX_SAFE_INTEGER);
      for (const entry of entries) if (entry.cursor > newest.cursor) early.set(entry.cursor, entry);
      drain();
      if (entries.length < READ_BATCH) return;
    }
  };
  const committed = async (entry: Entry): Promise<void> => {
    if (entry.cursor > newest.cursor) early.set(entry.cursor, entry);
    drain();
    while (newest.cursor < entry.cursor) {
      // An earlier number is committed but not told here yet: its writer is about to, or it is another replica's.
      const waited = await Promise.race([wake.promise, new Promise((done) => setTimeout(done, GAP_RECHECK_MS, "late"))]);
      if (waited === "late") await catchUp();
    }
  };
  const inMemory = (cursor: number) => {
    const first = recent[0]?.entry.cursor;
    return first !== undefined && cursor + 1 >= first ? recent[cursor + 1 - first] : undefined;
  };

  async function* follow(start: number, signal: AbortSignal): AsyncGenerator<Followed> {
    const aborted = new Promise<void>((done) => signal.addEventListener("abort", () => done(), { once: true }));
    let cursor = start;
    while (!signal.aborted) {
      if (cursor >= newest.cursor) {
        await Promise.race([wake.promise, aborted]);
        continue;
      }
      const next = inMemory(cursor);
      if (next) {
        cursor = next.entry.cursor;
        yield next;
        continue;
      }
      const entries = await readEntries(database.reader, cursor, newest.cursor);
      const to = (entries[0]?.cursor ?? newest.cursor + 1) - 1;
      if (to > cursor) yield { gap: { from: cursor, to } };
      cursor = to;
      for (const entry of entries) {
        if (signal.aborted) return;
        cursor = entry.cursor;
        yield { entry, snapshot: newest };
      }
    }
  }

  const prune = async (before: Date): Promise<number> => {
    const last = await database.reader.findOne(JournalRow, { where: { at: MoreThan(before) }, order: { cursor: "ASC" } });
    const upTo = Math.min((last?.cursor ?? newest.cursor) - 1, newest.cursor - 1);
    return database.transaction(async (manager) => {
      const { affected } = await manager.delete(JournalRow, { cursor: Between(0, upTo) });
      await manager.delete(ChangeRow, { cursor: Between(0, upTo) });
      if (affected) await manager.update(JournalHead, { id: 1 }, { prunedTo: upTo });
      return affected ?? 0;
    });
  };

  return { snapshot: () => newest, committed, catchUp, follow, prune };
}
