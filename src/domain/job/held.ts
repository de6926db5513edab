import type { Transaction } from "../../db/unitOfWork.ts";
import { OvertError } from "../../errors.ts";
import type { RowOf } from "../kinds.ts";
import { Job } from "./job.ts";
import type { RunnerParts } from "./runner.ts";

/** What a write of the runner changes in the job's own rows. */
export interface HeldPatch {
  job?: Partial<RowOf<"Job">>;
  step?: { number: number; patch: Partial<RowOf<"Step">> };
}

/** A job that was claimed: its rows as last written, and the only door for writing them. */
export interface Held {
  readonly fence: number;
  job(): RowOf<"Job">;
  step(number: number): RowOf<"Step">;
  readonly steps: number;
  /** Aborts when the job is to be stopped by someone's wish. */
  readonly cancelled: AbortSignal;
  /** Aborts when this runner must leave the job alone: another one has it, the database failed, or the engine goes away. */
  readonly gone: AbortSignal;
  /**
   * One transaction under the job's fence, after all earlier ones of this job; renews the lease. Throws what `change`
   * throws, or LEFT when the job is another runner's by now: then nothing was written.
   */
  write(change: (transaction: Transaction) => HeldPatch): Promise<void>;
  /** Rejects with LEFT as soon as the job is gone, whatever becomes of `work`. */
  orGone<T>(work: Promise<T>): Promise<T>;
  /** Throws LEFT when the job is gone or the engine wants to go away. */
  checkpoint(): void;
  /** Waits, but not when the job is gone, cancelled, or to be left. */
  pause(ms: number): Promise<void>;
  /** While it waits for a retry it takes no one's place. */
  readonly pausing: boolean;

  noticeCancel(): void;
  /** Leaves at the next checkpoint. */
  leaveSoon(): void;
  leaveNow(): void;
}

/** The job is no longer this runner's; nobody is to blame. */
export const LEFT = new OvertError("CONFLICT", "The job is run elsewhere.", [{ code: "FENCED", message: "The job is run elsewhere." }]);

export function hold(parts: RunnerParts, claimed: RowOf<"Job">, stepRows: readonly RowOf<"Step">[]): Held {
  const { database, unitOfWork, runnerId, settings } = parts;
  const cancelling = new AbortController();
  const leaving = new AbortController();
  const gone = new AbortController();
  const rows = { job: claimed, steps: [...stepRows] };
  const origin = { userId: claimed.ownerId, correlationId: claimed.correlationId, jobId: claimed.id };
  let tail: Promise<unknown> = Promise.resolve();
  let pausing = false;

  const noticeCancel = () => cancelling.abort();
  const leaveSoon = () => leaving.abort();
  const leaveNow = () => {
    leaving.abort();
    gone.abort();
  };
  const isMine = (row: RowOf<"Job"> | null): row is RowOf<"Job"> => row?.fence === claimed.fence && row.runner === runnerId;
  if (claimed.cancelRequested) noticeCancel();

  const decide = async (transaction: Transaction, change: (transaction: Transaction) => HeldPatch) => {
    const row = await database.reader.findOneBy(Job, { id: claimed.id });
    if (!isMine(row)) throw LEFT;
    if (row.cancelRequested) noticeCancel();
    const { now } = transaction;
    const patch = change(transaction);
    transaction.claim("Job", row);
    const lease = { lastUpdated: now, leaseUntil: new Date(now.getTime() + settings.leaseMs) };
    const job = transaction.update("Job", row, { ...lease, ...patch.job });
    return { job, step: patch.step && transaction.update("Step", rows.steps[patch.step.number]!, patch.step.patch) };
  };
  const writeNow = async (change: (transaction: Transaction) => HeldPatch): Promise<void> => {
    if (gone.signal.aborted) throw LEFT;
    let refused: unknown;
    const noted = (transaction: Transaction) => {
      try {
        return change(transaction);
      } catch (error) {
        refused = error;
        throw error;
      }
    };
    try {
      const { job, step } = await unitOfWork.run(origin, (transaction) => decide(transaction, noted));
      rows.job = job;
      if (step) rows.steps[step.number] = step;
    } catch (error) {
      // Whether a commit that broke down was done is unknown: only a fresh claim knows.
      const known = error !== LEFT && (error instanceof OvertError || error === refused);
      if (!known) leaveNow();
      throw error;
    }
  };

  return {
    fence: claimed.fence,
    job: () => rows.job,
    step: (number) => rows.steps[number]!,
    steps: stepRows.length,
    cancelled: cancelling.signal,
    gone: gone.signal,
    write: (change) => {
      const written = tail.then(() => writeNow(change));
      tail = written.catch(() => undefined);
      return written;
    },
    orGone: (work) => orAborted(work, gone.signal),
    checkpoint: () => {
      if (leaving.signal.aborted) throw LEFT;
    },
    pause: async (ms) => {
      pausing = true;
      await elapsed(ms, AbortSignal.any([cancelling.signal, leaving.signal]));
      pausing = false;
    },
    get pausing() {
      return pausing;
    },
    noticeCancel,
    leaveSoon,
    leaveNow,
  };
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(LEFT);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}

function elapsed(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, signal.aborted ? 0 : ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
