import { openContext, jobProgress, type StepTurn } from "./context.ts";
import { cancelled, isPassing } from "./failure.ts";
import { checkpoint, LEFT, orGone, pause, writeHeld, type Held, type HeldPatch } from "./held.ts";
import type { RunnerParts } from "./parts.ts";
import { trace } from "./trace.ts";

const ATTEMPTS = 7;

/** What ended a turn that did not succeed. */
export interface Failure {
  error: unknown;
  /** It was cancelled, which is no fault. */
  stopped: boolean;
}

/**
 * Runs a step, or its undo, until it is committed or has failed for good; null when it is committed.
 * Rejects only when the job is left as it is.
 */
export async function takeTurn(parts: RunnerParts, held: Held, turn: StepTurn): Promise<Failure | null> {
  const attempts = turn.step.attempts ?? ATTEMPTS;
  const isCancelled = () => !turn.undoing && held.cancelling.signal.aborted;
  await untilRetry(held, turn);
  for (let tries = 1; ; tries++) {
    checkpoint(held);
    if (isCancelled()) return { error: cancelled(), stopped: true };
    await begin(parts, held, turn);
    const failed = await attempt(parts, held, turn);
    if (!failed) return null;
    if (held.gone.signal.aborted) throw LEFT;
    const { error } = failed;
    if (isCancelled()) return { error, stopped: turn.step.cancellable === true || isPassing(error) };
    if (!isPassing(error) || tries >= attempts) return { error, stopped: false };
    parts.log.info({ jobId: held.id, step: turn.step.name, err: error }, "step will be tried again");
    await restBefore(parts, held, turn, tries);
  }
}

async function begin(parts: RunnerParts, held: Held, { number, step, undoing }: StepTurn): Promise<void> {
  if (undoing) return trace("undoing", held.job, step.name);
  await writeHeld(parts, held, ({ now }) => {
    const { attempts, startTime } = held.steps[number]!;
    const patch = { status: "STARTED", attempts: attempts + 1, startTime: startTime ?? now, retryAt: null } as const;
    return { job: { cancellable: step.cancellable ?? false }, step: { number, patch } };
  });
  trace("stepStarting", held.job, step.name);
}

async function attempt(parts: RunnerParts, held: Held, turn: StepTurn): Promise<{ error: unknown } | null> {
  const { number, step, undoing } = turn;
  const { context, close } = openContext(parts, held, turn);
  try {
    const work = undoing ? step.undo! : step.run;
    const commit = await orGone(
      held,
      invoke(() => work(context)),
    );
    close();
    if (!undoing) trace("stepDone", held.job, step.name);
    await writeHeld(parts, held, (transaction) => {
      commit?.(transaction);
      return undoing ? { step: { number, patch: { undone: true } } } : finished(held, number, transaction.now);
    });
    trace(undoing ? "undone" : "stepCommitted", held.job, step.name);
    return null;
  } catch (error) {
    return { error };
  } finally {
    close();
  }
}

/** So that what a step throws before its first await is its failure too. */
const invoke = async <T>(work: () => Promise<T>): Promise<T> => work();

const finished = (held: Held, number: number, now: Date): HeldPatch => ({
  job: { progress: jobProgress(held, number + 1, 0) },
  step: { number, patch: { status: "FINISHED", progress: 100, endTime: now } },
});

async function restBefore(parts: RunnerParts, held: Held, turn: StepTurn, tries: number): Promise<void> {
  const { backoffMs, backoffLimitMs } = parts.settings;
  const ms = Math.min(backoffMs * 2 ** (tries - 1), backoffLimitMs) * (0.5 + Math.random());
  const retryAt = new Date(Date.now() + ms);
  await writeHeld(parts, held, () => ({ step: { number: turn.number, patch: { retryAt } } }));
  await untilRetry(held, turn);
}

async function untilRetry(held: Held, { number, undoing }: StepTurn): Promise<void> {
  const { retryAt } = held.steps[number]!;
  const ms = retryAt ? retryAt.getTime() - Date.now() : 0;
  const { leaving, cancelling } = held;
  if (ms > 0) await pause(held, ms, undoing ? leaving.signal : AbortSignal.any([leaving.signal, cancelling.signal]));
}
