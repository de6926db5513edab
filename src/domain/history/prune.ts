import { In, LessThan, LessThanOrEqual, Not } from "typeorm";
import type { Database } from "../../db/database.ts";
import { ClaimRow, IdempotentRequest } from "../../db/tables.ts";
import { Event } from "../event/event.ts";
import { Job, Step } from "../job/job.ts";
import type { Journal } from "../journal/journal.ts";
import { readHead } from "../journal/read.ts";

/** Rows forgotten in one transaction, so that nobody waits long behind it. */
const BATCH = 500;
const DAY_MS = 86_400_000;
const IDEMPOTENCY_DAYS = 1;

/** Days for which history is kept. */
export interface HistoryDays {
  journal: number;
  events: number;
  jobs: number;
}

/**
 * Forgets what is older than it need be, in small transactions: the journal, events (which go after their journal entries), jobs with
 * their steps, answers of idempotent requests. Never a running job, nor one whose parent runs.
 */
export async function pruneHistory(
  { database, journal }: { database: Database; journal: Pick<Journal, "prune"> },
  days: HistoryDays,
  now = Date.now(),
): Promise<void> {
  const before = (age: number) => new Date(now - age * DAY_MS);
  await journal.prune(before(days.journal));
  const { prunedTo } = await readHead(database.reader);
  await pruneEvents(database, before(days.events), prunedTo);
  await pruneJobs(database, before(days.jobs));
  await inBatches(database, async (manager) => {
    const rows = await manager.find(IdempotentRequest, {
      select: { hash: true },
      where: { at: LessThan(before(IDEMPOTENCY_DAYS)) },
      take: BATCH,
    });
    if (rows.length > 0) await manager.delete(IdempotentRequest, { hash: In(rows.map(({ hash }) => hash)) });
    return rows.length;
  });
  // No decision that is still being made rests on an inventory as old as that.
  await inBatches(database, async (manager) => {
    const rows = await manager.find(ClaimRow, { select: { objectId: true }, where: { cursor: LessThanOrEqual(prunedTo) }, take: BATCH });
    if (rows.length > 0)
      await manager.delete(ClaimRow, { objectId: In(rows.map(({ objectId }) => objectId)), cursor: LessThanOrEqual(prunedTo) });
    return rows.length;
  });
}

type Work = Parameters<Database["transaction"]>[0];

/** Until a batch is not full. */
async function inBatches(database: Database, work: (manager: Parameters<Work>[0]) => Promise<number>): Promise<void> {
  while ((await database.transaction(work)) === BATCH);
}

/** Oldest first; those of an entry that is kept are kept: whoever follows the events reads them with it. */
async function pruneEvents(database: Database, before: Date, prunedTo: number): Promise<void> {
  await inBatches(database, async (manager) => {
    const where = { cursor: LessThanOrEqual(prunedTo) };
    const rows = await manager.find(Event, {
      select: { id: true, time: true },
      where,
      order: { cursor: "ASC", number: "ASC" },
      take: BATCH,
    });
    const ids = rows.filter(({ time }) => time < before).map(({ id }) => id);
    if (ids.length > 0) await manager.delete(Event, { id: In(ids) });
    return ids.length;
  });
}

async function pruneJobs(database: Database, before: Date): Promise<void> {
  for (let after = { startTime: new Date(0), id: "" }; ;) {
    const rows = await endedJobs(database, before, after);
    const last = rows.at(-1);
    if (!last) return;
    after = last;
    const ids = await withoutRunningParent(database, rows);
    if (ids.length === 0) continue;
    await database.transaction(async (manager) => {
      await manager.delete(Step, { jobId: In(ids) });
      await manager.delete(Job, { id: In(ids), status: Not("STARTED") });
    });
  }
}

type EndedJob = Pick<Job, "id" | "startTime" | "parentId">;

function endedJobs({ reader }: Database, before: Date, after: Pick<Job, "id" | "startTime">): Promise<EndedJob[]> {
  return reader
    .createQueryBuilder(Job, "job")
    .select(["job.id", "job.startTime", "job.parentId"])
    .where("job.startTime >= :from AND (job.startTime > :from OR job.id > :id)", { from: after.startTime, id: after.id })
    .andWhere("job.startTime < :before AND job.endTime < :before AND job.status <> 'STARTED'", { before })
    .orderBy("job.startTime", "ASC")
    .addOrderBy("job.id", "ASC")
    .limit(BATCH)
    .getMany();
}

async function withoutRunningParent({ reader }: Database, jobs: readonly EndedJob[]): Promise<string[]> {
  const parentIds = jobs.flatMap(({ parentId }) => parentId ?? []);
  const parents = parentIds.length === 0 ? [] : await reader.findBy(Job, { id: In(parentIds), status: "STARTED" });
  const running = new Set<string | null>(parents.map(({ id }) => id));
  return jobs.filter(({ parentId }) => !running.has(parentId)).map(({ id }) => id);
}
