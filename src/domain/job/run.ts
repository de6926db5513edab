import { OvertError } from "../../errors.ts";
import { CANCELLED, reasonsOf } from "./failure.ts";
import { checkpoint, hasBegun, writeHeld, type Held, type HeldChange } from "./held.ts";
import { look } from "./look.ts";
import type { JobReason } from "./job.ts";
import type { AnyJobDefinition, AnyStepDefinition, RunnerParts } from "./parts.ts";
import { trace } from "./trace.ts";
import { passedOf, takeTurn, type Failure } from "./turn.ts";

const END_ATTEMPTS = 3;

/** Takes a claimed job from where it is to its end. Rejects when it is left as it is, for whoever claims it next. */
export async function runJob(parts: RunnerParts, held: Held): Promise<void> {
  const definition = parts.definitions.get(held.job.name);
  if (!definition) {
    const reason = { code: "UNKNOWN_JOB", message: `This engine does not know how to go on with ${held.job.name}.` };
    return end(parts, held, { status: "FAILED", reasons: [reason], definition });
  }
  if (!held.job.undoing) await forward(parts, held, definition);
  if (held.job.status !== "STARTED") return trace("ended", held.job);
  if (held.job.undoing) await backward(parts, held, definition);
  checkpoint(held);
  const { reasons } = held.job;
  await end(parts, held, { status: statusOf(held), reasons, definition });
}

/** The code of a step of the plan that the job began with; undefined when this engine has none. */
const kindOf = (definition: AnyJobDefinition, { steps }: Held, number: number): AnyStepDefinition | undefined =>
  definition.steps.find(({ name }) => name === steps[number]!.name);

/** A second reason is an undo that failed: then the job was not simply aborted. */
function statusOf({ job: { undoing, cancelRequested, reasons } }: Held): Ending["status"] {
  if (!undoing) return "FINISHED";
  return cancelRequested && reasons.length === 1 && reasons[0]!.code === CANCELLED.code ? "ABORTED" : "FAILED";
}

async function forward(parts: RunnerParts, held: Held, definition: AnyJobDefinition): Promise<void> {
  const open = held.steps.flatMap(({ status }, number) => (status === "FINISHED" ? [] : [number]));
  const unknown = open.filter((number) => !kindOf(definition, held, number));
  if (unknown.length > 0) return turnBack(parts, held, unknown[0]!, { error: unknownSteps(held, unknown), stopped: false });
  for (const number of open) {
    checkpoint(held);
    const step = kindOf(definition, held, number)!;
    const closing = number === open.at(-1) ? endingWith(held, { status: "FINISHED", reasons: [], definition }, null) : undefined;
    const failure = await takeTurn(parts, held, { number, step, undoing: false, closing });
    if (failure) return turnBack(parts, held, number, failure);
  }
}

/** Said plainly: what an upgrade ended. */
function unknownSteps({ job, steps }: Held, numbers: readonly number[]): OvertError {
  const names = [...new Set(numbers.map((number) => `${steps[number]!.name} (${steps[number]!.description})`))].join(", ");
  const message = `This version of the engine does not know these steps of ${job.name}, so it was ended: ${names}.`;
  return new OvertError("INTERNAL", message, [{ code: "UNKNOWN_STEP", message }]);
}

/** Notes why the job does not go on; from here on it is undone, whoever runs it. */
async function turnBack(parts: RunnerParts, held: Held, number: number, { error, stopped }: Failure): Promise<void> {
  if (!stopped) parts.log.warn({ jobId: held.id, job: held.job.name, step: number, err: error }, "job failed");
  await writeHeld(parts, held, ({ now }) => {
    const job = { undoing: true, cancellable: false, reasons: stopped ? [CANCELLED] : reasonsOf(error) };
    if (!hasBegun(held, number)) return { job, run: { cancellable: false } };
    const patch = { ...passedOf(held, number), status: stopped ? "ABORTED" : "FAILED", endTime: now } as const;
    const stepRun = { number, patch: { retryAt: null } };
    return { job, run: { cancellable: false }, step: { number, patch }, stepRun };
  });
}

async function backward(parts: RunnerParts, held: Held, definition: AnyJobDefinition): Promise<void> {
  for (const number of [...held.steps.keys()].toReversed()) {
    const step = kindOf(definition, held, number);
    if (!hasBegun(held, number) || held.steps[number]!.undone || (step && !step.undo)) continue;
    checkpoint(held);
    const failure = step
      ? await takeTurn(parts, held, { number, step, undoing: true })
      : { error: unknownSteps(held, [number]), stopped: false };
    if (!failure) continue;
    parts.log.error({ jobId: held.id, job: held.job.name, step: held.steps[number]!.name, err: failure.error }, "undo failed");
    await writeHeld(parts, held, (_transaction, { reasons }) => ({
      job: { reasons: joined(reasons, reasonsOf(failure.error)) },
      step: { number, patch: { status: "FAILED" } },
      stepRun: { number, patch: { retryAt: null } },
    }));
  }
}

/** Each once: an undo may fail again under the next runner. */
const joined = (before: readonly JobReason[], more: readonly JobReason[]): JobReason[] => [
  ...before,
  ...more.filter(({ code, message }) => !before.some((known) => known.code === code && known.message === message)),
];

function isUndone(held: Held, definition: AnyJobDefinition): boolean {
  const isLeft = (number: number) => {
    const step = kindOf(definition, held, number);
    return hasBegun(held, number) && !held.steps[number]!.undone && (!step || step.undo !== undefined);
  };
  return !held.steps.some((_step, number) => isLeft(number));
}

interface Ending {
  status: "FINISHED" | "FAILED" | "ABORTED";
  reasons: JobReason[];
  definition: AnyJobDefinition | undefined;
}
/** Commits the end. A job whose `ended` cannot be committed ends as FAILED without it, rather than never. */
async function end(parts: RunnerParts, held: Held, ending: Ending): Promise<void> {
  const seen = ending.status === "FINISHED" ? null : await look(parts, held, ending.definition);
  checkpoint(held);
  trace("ending", held.job);
  for (let tries = 1; ; tries++) {
    try {
      await writeHeld(parts, held, endingWith(held, ending, seen));
      break;
    } catch (error) {
      checkpoint(held);
      parts.log.error({ jobId: held.id, job: held.job.name, err: error }, "the end of a job could not be committed");
      if (tries === END_ATTEMPTS) {
        const reasons = joined(ending.reasons, reasonsOf(error));
        await writeHeld(parts, held, endingWith(held, { status: "FAILED", reasons, definition: undefined }, null));
        break;
      }
    }
  }
  trace("ended", held.job);
}

const endingWith =
  (held: Held, { status, reasons, definition }: Ending, seen: unknown): HeldChange =>
  (transaction, job) => {
    const undone = status !== "FINISHED" && definition !== undefined && isUndone(held, definition);
    definition?.ended?.(transaction, { ...job, reasons, undone }, status, seen);
    const progress = status === "FINISHED" ? 100 : held.progress;
    return { job: { status, reasons, progress, endTime: transaction.now, cancellable: false }, ends: true };
  };
