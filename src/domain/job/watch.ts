import { setTimeout as sleep } from "node:timers/promises";
import { In } from "typeorm";
import { JobRun } from "../../db/tables.ts";
import type { RowOf } from "../kinds.ts";
import { leaveNow, type Held } from "./held.ts";
import type { RunnerParts } from "./parts.ts";

const AFTER_FAILURE_MS = 1_000;
const LOOK_MS = 5_000;

type HeldJobs = () => ReadonlyMap<string, Held>;

/** Keeps the jobs of this runner until `signal` aborts; `held` tells which they are. */
export function watch(parts: RunnerParts, held: HeldJobs, signal: AbortSignal): void {
  void repeat(parts, signal, () => listen(parts, held, signal));
  // Alone on its database it keeps jobs without a lease.
  if (!parts.database.embedded) void repeat(parts, signal, () => lookForLost(parts, held, signal));
}

async function repeat({ log }: RunnerParts, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error }, "watching over jobs failed");
      await sleep(AFTER_FAILURE_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}

/** Cancels of other engines, and jobs that they add, are heard by the journal. */
async function listen({ journal, wake }: RunnerParts, held: HeldJobs, signal: AbortSignal): Promise<void> {
  for await (const followed of journal.follow(journal.snapshot().cursor, signal)) {
    if ("gap" in followed) continue;
    for (const { kind, id, row, operation } of followed.entry.changes) {
      if (kind !== "Job") continue;
      if (operation === "CREATED") wake();
      if ((row as RowOf<"Job">).cancelRequested) held().get(id)?.cancelling.abort();
    }
  }
}

/** An engine that hung for longer than its lease learns here, or at its next write, what others have taken over. */
async function lookForLost({ database, presence }: RunnerParts, held: HeldJobs, signal: AbortSignal): Promise<void> {
  await sleep(LOOK_MS, undefined, { signal, ref: false });
  const ids = [...held().keys()];
  if (ids.length === 0) return;
  const rows = await database.reader.findBy(JobRun, { jobId: In(ids), runner: presence.engineId });
  const fences = new Map(rows.map(({ jobId, fence }) => [jobId, fence]));
  for (const id of ids) {
    const job = held().get(id);
    // One that has just ended has no row either, and nothing more to do.
    if (job && fences.get(id) !== job.fence) leaveNow(job);
  }
}
