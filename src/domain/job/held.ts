import type { Transaction } from "../../db/unitOfWork.ts";
import { OvertError } from "../../errors.ts";
import type { RowOf } from "../kinds.ts";
import { Job } from "./job.ts";
import type { RunnerParts } from "./parts.ts";

/** A job that this runner has claimed. */
export interface Held {
  readonly id: string;
  readonly fence: number;
  /** As last written. */
  job: RowOf<"Job">;
  /** As last written, by number. */
  steps: RowOf<"Step">[];
  /** Someone wants the job to stop. */
  readonly cancelling: AbortController;
  /** The runner leaves at the next checkpoint: the engine goes away. */
  readonly leaving: AbortController;
  /** The runner must leave the job alone now: another one has it, or what the database holds is not known. */
  readonly gone: AbortController;
  /** While it waits for a retry it takes no one's place. */
  pausing: boolean;
  /** The last write, done or not. */
  tail: Promise<unknown>;
}
/** What a write of the runner changes in the job's own rows. */
export interface HeldPatch {
  job?: Partial<RowOf<"Job">>;
  step?: { number: number; patch: Partial<RowOf<"Step">> };
}
export type HeldChange = (transaction: Transaction, job: RowOf<"Job">) => HeldPatch;

/** The job is not this runner's any more; nobody is to blame and nothing may be written. */
export const LEFT = new OvertError("CONFLICT", "The job is run elsewhere.", [{ code: "FENCED", message: "The job is run elsewhere." }]);

export function hold(job: RowOf<"Job">, steps: readonly RowOf<"Step">[]): Held {
  const held: Held = {
    id: job.id,
    fence: job.fence,
    job,
    steps: [...steps],
    cancelling: new AbortController(),
    leaving: new AbortController(),
    gone: new AbortController(),
    pausing: false,
    tail: Promise.resolve(),
  };
  if (job.cancelRequested) held.cancelling.abort();
  return held;
}

export function leaveNow(held: Held): void {
  held.leaving.abort();
  held.gone.abort();
}

/** Throws LEFT when the job is gone or the engine goes away. */
export function checkpoint(held: Held): void {
  if (held.leaving.signal.aborted) throw LEFT;
}

/**
 * One transaction under the job's fence, after all earlier ones of this job; renews the lease. Throws what `change` throws,
 * and LEFT when the job is another runner's by now: then nothing was written.
 */
export function writeHeld(parts: RunnerParts, held: Held, change: HeldChange): Promise<void> {
  const written = held.tail.then(() => writeNow(parts, held, change));
  held.tail = written.catch(() => undefined);
  return written;
}

async function writeNow(parts: RunnerParts, held: Held, change: HeldChange): Promise<void> {
  if (held.gone.signal.aborted) throw LEFT;
  const { userId, correlationId, jobId } = originOf(held.job);
  let refused: unknown;
  const noted: HeldChange = (transaction, job) => {
    try {
      return change(transaction, job);
    } catch (error) {
      refused = error;
      throw error;
    }
  };
  try {
    const { job, step } = await parts.unitOfWork.run({ userId, correlationId, jobId }, (transaction) =>
      decide(parts, held, transaction, noted),
    );
    held.job = job;
    if (step) held.steps[step.number] = step;
  } catch (error) {
    // Whether a commit that broke down was done is unknown: only a fresh claim knows.
    const known = error !== LEFT && (error instanceof OvertError || error === refused);
    if (!known) leaveNow(held);
    throw error;
  }
}

/** Journal entries of a job are its owner's. */
export const originOf = ({ ownerId, correlationId, id }: RowOf<"Job">) => ({ userId: ownerId, correlationId, jobId: id });

async function decide({ database, runnerId, settings }: RunnerParts, held: Held, transaction: Transaction, change: HeldChange) {
  const row = await database.reader.findOneBy(Job, { id: held.id });
  if (row?.fence !== held.fence || row.runner !== runnerId) throw LEFT;
  if (row.cancelRequested) held.cancelling.abort();
  const patch = change(transaction, row);
  // The version check of this row is the fence, so it takes part even in a write that leaves it as it is.
  transaction.claim("Job", row);
  const lease = { lastUpdated: transaction.now, leaseUntil: new Date(transaction.now.getTime() + settings.leaseMs) };
  const job = transaction.update("Job", row, { ...lease, ...patch.job });
  const step = patch.step && transaction.update("Step", held.steps[patch.step.number]!, patch.step.patch);
  return { job, step };
}

/** Rejects with LEFT as soon as the job is gone, whatever becomes of `work`. */
export function orGone<T>(held: Held, work: Promise<T>): Promise<T> {
  const { signal } = held.gone;
  return new Promise((resolve, reject) => {
    const leave = () => reject(LEFT);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}

/** Waits, but not once `signal` aborts. */
export async function pause(held: Held, ms: number, signal: AbortSignal): Promise<void> {
  held.pausing = true;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, signal.aborted ? 0 : ms);
    signal.addEventListener("abort", done);
  });
  held.pausing = false;
}
