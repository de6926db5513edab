import type { EntityManager } from "typeorm";
import { JobRun, StepRun } from "../../db/tables.ts";
import type { Transaction } from "../../db/unitOfWork.ts";
import { OvertError } from "../../errors.ts";
import type { RowOf } from "../kinds.ts";
import { Job } from "./job.ts";
import type { RunnerParts } from "./parts.ts";
import type { Place } from "./slots.ts";

/** A job that this runner has claimed. */
export interface Held {
  readonly id: string;
  readonly fence: number;
  /** As last written. */
  job: RowOf<"Job">;
  /** As last written, by number. */
  steps: RowOf<"Step">[];
  /** As last written, by number; of steps that have begun. */
  runs: (StepRun | undefined)[];
  /** Percent; as last written. */
  progress: number;
  /** Someone wants the job to stop. */
  readonly cancelling: AbortController;
  /** The runner leaves at the next checkpoint: the engine goes away. */
  readonly leaving: AbortController;
  /** The runner must leave the job alone now: another one has it, or what the database holds is not known. */
  readonly gone: AbortController;
  /** What it takes of the runner's slots while it is at work. */
  readonly place: Place;
  /** Waits that are under way: during these it takes no one's place. */
  waits: number;
  /** It has its slot. */
  atWork: boolean;
  /** The engine that is to go on with it. */
  wanted: string | null;
  /** What hosts answered in this turn, by the key of the call. */
  answers: Map<string, unknown>;
  /** The last write, done or not. */
  tail: Promise<unknown>;
}
/** What a write of the runner changes in the job's own rows: `job` and `step` are journaled, the rest passes. */
export interface HeldPatch {
  job?: Partial<RowOf<"Job">>;
  step?: { number: number; patch: Partial<RowOf<"Step">> };
  run?: Partial<Pick<JobRun, "progress" | "cancellable">>;
  stepRun?: { number: number; patch: Partial<StepRun> };
  /** The job has ended: nothing passes any more. */
  ends?: boolean;
}
export type HeldChange = (transaction: Transaction, job: RowOf<"Job">) => HeldPatch;

/** The job is not this runner's any more; nobody is to blame and nothing may be written. */
export const LEFT = new OvertError("CONFLICT", "The job is run elsewhere.", [{ code: "FENCED", message: "The job is run elsewhere." }]);

export interface Claimed {
  run: JobRun;
  job: RowOf<"Job">;
  steps: RowOf<"Step">[];
  stepRuns: readonly StepRun[];
}
/** `place` is taken. */
export function hold({ run, job, steps, stepRuns }: Claimed, place: Place): Held {
  const held: Held = {
    id: job.id,
    fence: run.fence,
    job,
    steps,
    runs: steps.map(({ number }) => stepRuns.find((known) => known.number === number)),
    progress: run.progress,
    cancelling: new AbortController(),
    leaving: new AbortController(),
    gone: new AbortController(),
    place,
    waits: 0,
    atWork: true,
    wanted: null,
    answers: new Map(stepRuns.flatMap(({ answers }) => Object.entries(answers ?? {}))),
    tail: Promise.resolve(),
  };
  if (job.cancelRequested) held.cancelling.abort();
  return held;
}

/** Whether its step may have done something. */
export const hasBegun = ({ steps, runs }: Held, number: number): boolean =>
  steps[number]!.status !== "UNKNOWN" || runs[number] !== undefined;

export function leaveNow(held: Held): void {
  held.leaving.abort();
  held.gone.abort();
}

/** Throws LEFT when the job is gone or the engine goes away. */
export function checkpoint(held: Held): void {
  if (held.leaving.signal.aborted) throw LEFT;
}

/**
 * One transaction under the job's fence, after all earlier ones of this job. Throws what `change` throws, and LEFT when the job is
 * another runner's by now: then nothing was written. `child`: see `Origin`.
 */
export function writeHeld(parts: RunnerParts, held: Held, change: HeldChange, child?: string): Promise<void> {
  const written = held.tail.then(() => writeNow(parts, held, change, child));
  held.tail = written.catch(() => undefined);
  return written;
}

async function writeNow(parts: RunnerParts, held: Held, change: HeldChange, child: string | undefined): Promise<void> {
  if (held.gone.signal.aborted) throw LEFT;
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
    const origin = { ...originOf(held.job), ...(child !== undefined && { child }) };
    const written = await parts.unitOfWork.run(origin, (transaction) => decide(parts, held, transaction, noted));
    held.job = written.job;
    held.progress = written.progress;
    if (written.step) held.steps[written.step.number] = written.step;
    if (written.stepRun) held.runs[written.stepRun.number] = written.stepRun;
    parts.passed(held.id);
  } catch (error) {
    // Whether a commit that broke down was done is unknown: only a fresh claim knows.
    const known = error !== LEFT && (error instanceof OvertError || error === refused);
    if (!known) leaveNow(held);
    throw error;
  }
}

/** Journal entries of a job are its owner's. */
const originOf = ({ ownerId, correlationId, id }: RowOf<"Job">) => ({ userId: ownerId, correlationId, jobId: id });

async function decide(parts: RunnerParts, held: Held, transaction: Transaction, change: HeldChange) {
  // The inventory of this engine may not have it yet.
  const row = transaction.get("Job", held.id) ?? (await parts.database.reader.findOneBy(Job, { id: held.id }));
  if (!row) throw LEFT;
  if (row.cancelRequested) held.cancelling.abort();
  const patch = change(transaction, row);
  const { now } = transaction;
  const job = patch.job ? transaction.update("Job", transaction.get("Job", held.id) ?? row, { ...patch.job, lastUpdated: now }) : row;
  const step = patch.step && transaction.update("Step", held.steps[patch.step.number]!, patch.step.patch);
  const stepRun = patch.stepRun && {
    ...newStepRun(held, patch.stepRun.number, now),
    ...held.runs[patch.stepRun.number],
    ...patch.stepRun.patch,
  };
  transaction.also((manager) => writeRun(manager, parts, held, { patch, stepRun, now }));
  return { job, step, stepRun, progress: patch.run?.progress ?? held.progress };
}

const newStepRun = ({ id }: Held, number: number, now: Date): StepRun => ({
  jobId: id,
  number,
  attempts: 0,
  startTime: now,
  retryAt: null,
  progress: 0,
  hostId: null,
  answers: null,
});

interface RunWrite {
  patch: HeldPatch;
  stepRun: StepRun | undefined;
  now: Date;
}
/** The fence: nothing of the transaction is kept when the job is not this runner's any more. */
async function writeRun(manager: EntityManager, { presence }: RunnerParts, held: Held, { patch, stepRun, now }: RunWrite): Promise<void> {
  const mine = { jobId: held.id, runner: presence.engineId, fence: held.fence };
  const fenced = patch.ends ? manager.delete(JobRun, mine) : manager.update(JobRun, mine, { ...patch.run, lastUpdated: now });
  if (!(await fenced).affected) throw LEFT;
  if (patch.ends) await manager.delete(StepRun, { jobId: held.id });
  else if (stepRun) await (held.runs[stepRun.number] ? rewrite(manager, stepRun) : manager.insert(StepRun, stepRun as never));
}
const rewrite = (manager: EntityManager, { jobId, number, ...patch }: StepRun) =>
  manager.update(StepRun, { jobId, number }, patch as never);

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

/** While it waits it takes no one's place; afterwards it waits for its own. Rejects with what `wait` rejects, and with LEFT. */
export async function waiting<T>({ slots }: RunnerParts, held: Held, wait: () => Promise<T>): Promise<T> {
  if (++held.waits === 1 && held.atWork) {
    held.atWork = false;
    slots.give(held.place);
  }
  try {
    return await wait();
  } finally {
    if (--held.waits === 0) await backToWork(slots, held);
  }
}

async function backToWork(slots: RunnerParts["slots"], held: Held): Promise<void> {
  try {
    await slots.take(held.place, held.gone.signal);
  } catch {
    throw LEFT;
  }
  // A wait that began meanwhile has the same right.
  if (held.atWork || held.waits > 0) slots.give(held.place);
  else held.atWork = true;
}

/** Waits, but not once `signal` aborts. */
export function pause(parts: RunnerParts, held: Held, ms: number, signal: AbortSignal): Promise<void> {
  return waiting(parts, held, () => rest(ms, signal));
}

const rest = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, signal.aborted ? 0 : ms);
    signal.addEventListener("abort", done);
  });
