import { setTimeout as sleep } from "node:timers/promises";
import { In } from "typeorm";
import type { RowOf } from "../kinds.ts";
import { leaveNow, type Held } from "./held.ts";
import { Job } from "./job.ts";
import type { RunnerParts } from "./parts.ts";

const AFTER_FAILURE_MS = 1_000;

/** Keeps the jobs of this runner until `signal` aborts; `held` tells which they are. */
export function watch(parts: RunnerParts, held: () => ReadonlyMap<string, Held>, signal: AbortSignal): void {
  void repeat(parts, signal, () => listen(parts, held, signal));
  // Alone on its database it keeps jobs without a lease.
  if (!parts.database.embedded) void repeat(parts, signal, () => renew(parts, held(), signal));
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

/** Cancels and claims of other engines reach a running job by the journal. */
async function listen({ journal }: RunnerParts, held: () => ReadonlyMap<string, Held>, signal: AbortSignal): Promise<void> {
  for await (const followed of journal.follow(journal.snapshot().cursor, signal)) {
    if ("gap" in followed) continue;
    for (const { kind, id, row } of followed.entry.changes) {
      const mine = kind === "Job" ? held().get(id) : undefined;
      if (!mine) continue;
      const { fence, cancelRequested } = row as RowOf<"Job">;
      if (fence > mine.fence) leaveNow(mine);
      else if (cancelRequested) mine.cancelling.abort();
    }
  }
}

/** All leases in one transaction, before two thirds of them are over. */
async function renew(
  { database, unitOfWork, runnerId, settings }: RunnerParts,
  held: ReadonlyMap<string, Held>,
  signal: AbortSignal,
): Promise<void> {
  await sleep(settings.leaseMs / 3, undefined, { signal, ref: false });
  if (held.size === 0) return;
  await unitOfWork.run({ userId: null, correlationId: `lease/${runnerId}`, jobId: null }, async (transaction) => {
    const rows = await database.reader.findBy(Job, { id: In([...held.keys()]), runner: runnerId });
    const leaseUntil = new Date(transaction.now.getTime() + settings.leaseMs);
    const soon = transaction.now.getTime() + (2 * settings.leaseMs) / 3;
    for (const row of rows)
      if (row.leaseUntil && row.leaseUntil.getTime() < soon) transaction.update("Job", row, { leaseUntil, lastUpdated: transaction.now });
  });
}
