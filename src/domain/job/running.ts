import type { Transaction } from "../../db/unitOfWork.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import type { RowOf } from "../kinds.ts";
import type { StepContext } from "./definition.ts";

/** Who else is at work on the same object: verbs end what they contradict, jobs wait for what was there before them. */

type JobRow = RowOf<"Job">;
/** ms; a job that was asked to stop has let go of its object by then. */
const PATIENCE_MS = 180_000;

/** Jobs of an object that run, with this transaction's own changes. */
export const runningJobs = (tx: Transaction, subjectId: string): JobRow[] =>
  tx.snapshot.by("Job", "subjectId", subjectId).map(({ id }) => tx.need("Job", id));

/** A job of that name at the object that nobody asked to stop, and that is not being undone. */
export const jobAtWork = (tx: Transaction, subjectId: string, name: string): JobRow | undefined =>
  runningJobs(tx, subjectId).find((job) => job.name === name && isAtWork(job));
const isAtWork = ({ cancelRequested, undoing }: JobRow) => !cancelRequested && !undoing;

/** Asks the jobs of these names at an object to stop, in the transaction of the verb that contradicts them; answers those that hear it. */
export const cancelJobs = (
  tx: Transaction,
  subjectId: string,
  names: readonly string[],
  { children }: CancelOptions = { children: true },
): JobRow[] =>
  runningJobs(tx, subjectId)
    .filter((job) => names.includes(job.name) && !job.undoing)
    .map((job) => requestCancel(tx, job, { children }));
interface CancelOptions {
  /** Whether the jobs that it has started are to stop with it. */
  children: boolean;
}

/** Asks a job to stop, and its children. It is claimed: a child that it starts at the same time is seen, or is not born. */
export function requestCancel(tx: Transaction, job: JobRow, { children }: CancelOptions = { children: true }): JobRow {
  for (const { id } of children ? tx.snapshot.by("Job", "parentId", job.id) : []) {
    const child = tx.need("Job", id);
    if (!child.undoing) requestCancel(tx, child);
  }
  tx.claim("Job", job);
  return tx.update("Job", job, { cancelRequested: true, lastUpdated: tx.now });
}

/** Whether a later job of the same object runs: then the object's state is that one's to settle, even if it is about to fail. */
export const isSuperseded = (snapshot: Snapshot, job: Pick<JobRow, "id" | "subjectId" | "startTime">): boolean =>
  snapshot.by("Job", "subjectId", job.subjectId).some((other) => other.id !== job.id && other.startTime >= job.startTime);

/** Waits until the jobs of the same object that were asked for earlier (all, or those of one name) have ended. Rejects with INTERNAL, reason TIMEOUT. */
export async function afterEarlierJobs<I extends object>({ job, until }: StepContext<I>, name?: string): Promise<void> {
  const isEarlier = (other: JobRow) => other.startTime < job.startTime || (+other.startTime === +job.startTime && other.id < job.id);
  const isAwaited = (other: JobRow) => (name === undefined || other.name === name) && isEarlier(other);
  await until((now) => !now.by("Job", "subjectId", job.subjectId).some(isAwaited), PATIENCE_MS);
}
