import { OvertError } from "../../errors.ts";
import type { Transaction } from "../../db/unitOfWork.ts";
import { openContext, jobProgress, type StepTurn } from "./context.ts";
import type { StepCommit, StepOutcome } from "./definition.ts";
import { cancelled, isPassing } from "./failure.ts";
import { checkpoint, LEFT, orGone, pause, writeHeld, type Held, type HeldChange, type HeldPatch } from "./held.ts";
import type { RunnerParts } from "./parts.ts";
import { trace } from "./trace.ts";

const ATTEMPTS = 7;
/** What one step may find out, as JSON: it is read whenever the job is, and journaled. */
const RESULT_BYTES = 64 * 1024;

/** What ended a turn that did not succeed. */
export interface Failure {
  error: unknown;
  /** It was cancelled, which is no fault. */
  stopped: boolean;
}
export interface Turn extends StepTurn {
  /** Of the last step: the end of the job, committed with it. */
  closing?: HeldChange | undefined;
}

/**
 * Runs a step, or its undo, until it is committed or has failed for good; null when it is committed.
 * Rejects only when the job is left as it is.
 */
export async function takeTurn(parts: RunnerParts, held: Held, turn: Turn): Promise<Failure | null> {
  const attempts = turn.step.attempts ?? ATTEMPTS;
  const isCancelled = () => !turn.undoing && held.cancelling.signal.aborted;
  await untilRetry(parts, held, turn);
  for (let tries = 1; ; tries++) {
    checkpoint(held);
    if (isCancelled()) return { error: cancelled(), stopped: true };
    await begin(parts, held, turn);
    const failed = await attempt(parts, held, turn);
    // Only the agent knows whether what was done before is still so.
    held.answers.clear();
    if (!failed) return null;
    if (held.gone.signal.aborted) throw LEFT;
    const { error } = failed;
    if (isCancelled()) return { error, stopped: turn.step.cancellable === true || isPassing(error) };
    if (!isPassing(error) || tries >= attempts) return { error, stopped: false };
    parts.log.info({ jobId: held.id, step: turn.step.name, err: error }, "step will be tried again");
    await restBefore(parts, held, turn, tries);
  }
}

async function begin(parts: RunnerParts, held: Held, { number, step, undoing }: Turn): Promise<void> {
  if (undoing) return trace("undoing", held.job, step.name);
  const attempts = (held.runs[number]?.attempts ?? 0) + 1;
  await writeHeld(parts, held, () => ({
    run: { cancellable: step.cancellable ?? false },
    stepRun: { number, patch: { attempts, retryAt: null } },
  }));
  trace("stepStarting", held.job, step.name);
}

async function attempt(parts: RunnerParts, held: Held, turn: Turn): Promise<{ error: unknown } | null> {
  const { step, undoing } = turn;
  const { context, close } = openContext(parts, held, turn);
  try {
    const work = undoing ? step.undo! : step.run;
    const done = await orGone(
      held,
      invoke(() => work(context)),
    );
    close();
    if (!undoing) trace("stepDone", held.job, step.name);
    const { result, commit } = outcomeOf(done);
    await commitTurn(parts, held, turn, (transaction) => {
      commit?.(transaction);
      return undoing ? { step: { number: turn.number, patch: { undone: true } } } : finished(held, turn.number, { result, transaction });
    });
    trace(undoing ? "undone" : "stepCommitted", held.job, step.name);
    return null;
  } catch (error) {
    return { error };
  } finally {
    // A call that is never answered must not keep the answers of a turn that has failed.
    close();
  }
}

/** So that what a step throws before its first await is its failure too. */
const invoke = async <T>(work: () => Promise<T>): Promise<T> => work();

/** Of a job that cannot be closed the step alone: what keeps it from its end is found out afterwards. */
async function commitTurn(
  parts: RunnerParts,
  held: Held,
  { closing }: Turn,
  change: (transaction: Transaction) => HeldPatch,
): Promise<void> {
  if (!closing) return writeHeld(parts, held, change);
  trace("ending", held.job);
  let open: unknown;
  const close: HeldChange = (transaction, job) => {
    const patch = change(transaction);
    try {
      return joined(patch, closing(transaction, job));
    } catch (error) {
      open = error;
      throw error;
    }
  };
  await writeHeld(parts, held, close).catch((error: unknown) => {
    if (error !== open) throw error;
    parts.log.error({ jobId: held.id, job: held.job.name, err: error }, "the end of a job could not be committed with its last step");
    return writeHeld(parts, held, change);
  });
}
const joined = (step: HeldPatch, end: HeldPatch): HeldPatch => ({ ...step, ...end });

function outcomeOf(done: StepCommit | StepOutcome<unknown> | void): { result: unknown; commit?: StepCommit | undefined } {
  if (typeof done === "function") return { result: null, commit: done };
  if (!done) return { result: null };
  const bytes = Buffer.byteLength(JSON.stringify(done.result) ?? "");
  if (bytes <= RESULT_BYTES) return { result: done.result, commit: done.commit };
  const message = `The step found out ${bytes} bytes; ${RESULT_BYTES} at most are kept.`;
  throw new OvertError("INTERNAL", message, [{ code: "RESULT_TOO_LONG", message }]);
}

function finished(held: Held, number: number, { result, transaction: { now } }: { result: unknown; transaction: Transaction }): HeldPatch {
  return {
    run: { progress: jobProgress(held, number + 1, 0) },
    step: { number, patch: { ...passedOf(held, number), status: "FINISHED", progress: 100, endTime: now, result } },
  };
}

/** What passed of a step, for its row. */
export function passedOf({ runs }: Held, number: number): Partial<Held["steps"][number]> {
  const run = runs[number];
  return run ? { attempts: run.attempts, startTime: run.startTime, progress: run.progress, hostId: run.hostId } : {};
}

async function restBefore(parts: RunnerParts, held: Held, turn: Turn, tries: number): Promise<void> {
  const { backoffMs, backoffLimitMs } = parts.settings;
  const ms = Math.min(backoffMs * 2 ** (tries - 1), backoffLimitMs) * (0.5 + Math.random());
  const retryAt = new Date(Date.now() + ms);
  await writeHeld(parts, held, () => ({ stepRun: { number: turn.number, patch: { retryAt } } }));
  await untilRetry(parts, held, turn);
}

async function untilRetry(parts: RunnerParts, held: Held, { number, undoing }: Turn): Promise<void> {
  const retryAt = held.runs[number]?.retryAt;
  const ms = retryAt ? retryAt.getTime() - Date.now() : 0;
  const { leaving, cancelling } = held;
  if (ms > 0) await pause(parts, held, ms, undoing ? leaving.signal : AbortSignal.any([leaving.signal, cancelling.signal]));
}
