import { In, IsNull, LessThan, Not, type FindOptionsWhere } from "typeorm";
import { OvertError } from "../../errors.ts";
import type { RowOf } from "../kinds.ts";
import { hold, originOf, type Held } from "./held.ts";
import { Job, Step } from "./job.ts";
import type { RunnerParts } from "./parts.ts";
import { trace } from "./trace.ts";

/** Ids of jobs that nobody runs, oldest first. `mine` are those that this runner is at work on. */
export async function claimable({ database, runnerId }: RunnerParts, mine: readonly string[], limit: number): Promise<string[]> {
  const open: FindOptionsWhere<Job> = { status: "STARTED", id: Not(In(mine)) };
  const free = [{ runner: IsNull() }, { runner: runnerId }, { leaseUntil: LessThan(new Date()) }];
  const where = database.embedded ? open : free.map((how) => ({ ...open, ...how }));
  const rows = await database.reader.find(Job, { select: { id: true }, where, order: { startTime: "ASC" }, take: limit });
  return rows.map(({ id }) => id);
}

/** By compare-and-swap: null when someone else was faster, or the job has ended. `id` is not being run here. */
export async function claim(parts: RunnerParts, id: string): Promise<Held | null> {
  const { database, unitOfWork, runnerId, settings } = parts;
  const row = await database.reader.findOneBy(Job, { id });
  if (!row || !isFree(parts, row)) return null;
  const take = { runner: runnerId, fence: row.fence + 1 };
  try {
    const job = await unitOfWork.run(originOf(row), (transaction) => {
      const leaseUntil = new Date(transaction.now.getTime() + settings.leaseMs);
      return transaction.update("Job", row, { ...take, leaseUntil, lastUpdated: transaction.now });
    });
    const steps = await database.reader.find(Step, { where: { jobId: id }, order: { number: "ASC" } });
    trace("claimed", job);
    return hold(job, steps);
  } catch (error) {
    if (error instanceof OvertError && error.code === "CONFLICT") return null;
    throw error;
  }
}

const isFree = ({ database, runnerId }: RunnerParts, { status, runner, leaseUntil }: RowOf<"Job">): boolean =>
  status === "STARTED" && (database.embedded || runner === null || runner === runnerId || leaseUntil === null || leaseUntil < new Date());

/** Gives the job back, so that another engine need not wait for the lease to run out. */
export async function release({ database, unitOfWork, runnerId }: RunnerParts, held: Held): Promise<void> {
  await unitOfWork.run(originOf(held.job), async (transaction) => {
    const row = await database.reader.findOneBy(Job, { id: held.id });
    if (row?.fence === held.fence && row.runner === runnerId) transaction.update("Job", row, { runner: null, leaseUntil: null });
  });
}
