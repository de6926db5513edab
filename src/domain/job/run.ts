import { CANCELLED, reasonsOf } from "./failure.ts";
import { checkpoint, writeHeld, type Held } from "./held.ts";
import { look } from "./look.ts";
import type { JobReason } from "./job.ts";
import type { AnyJobDefinition, RunnerParts } from "./parts.ts";
import { trace } from "./trace.ts";
import { takeTurn, type Failure } from "./turn.ts";

const END_ATTEMPTS = 3;

/** Takes a claimed job from where it is to its end. Rejects when it is left as it is, for whoever claims it next. */
export async function runJob(parts: RunnerParts, held: Held): Promise<void> {
  const definition = parts.definitions.get(held.job.name);
  if (!definition || !fits(definition, held)) {
    const reason = { code: "UNKNOWN_JOB", message: `This engine does not know how to go on with ${held.job.name}.` };
    return end(parts, held, { status: "FAILED", reasons: [reason], definition });
  }
  if (!held.job.undoing) await forward(parts, held, definition);
  if (held.job.undoing) await backward(parts, held, definition);
  checkpoint(held);
  const { reasons } = held.job;
  await end(parts, held, { status: statusOf(held), reasons, definition });
}

/** False when the definition has changed since the job was added. */
const fits = ({ steps }: AnyJobDefinition, held: Held): boolean =>
  steps.length === held.steps.length && steps.every(({ name }, number) => held.steps[number]!.name === name);

/** A second reason is an undo that failed: then the job was not simply aborted. */
function statusOf({ job: { undoing, cancelRequested, reasons } }: Held): Ending["status"] {
  if (!undoing) return "FINISHED";
  return cancelRequested && reasons.length === 1 && reasons[0]!.code === CANCELLED.code ? "ABORTED" : "FAILED";
}

async function forward(parts: RunnerParts, held: Held, definition: AnyJobDefinition): Promise<void> {
  for (const [number, step] of definition.steps.entries()) {
    if (held.steps[number]!.status === "FINISHED") continue;
    checkpoint(held);
    const failure = await takeTurn(parts, held, { number, step, undoing: false });
    if (failure) return turnBack(parts, held, number, failure);
  }
}

/** Notes why the job does not go on; from here on it is undone, whoever runs it. */
async function turnBack(parts: RunnerParts, held: Held, number: number, { error, stopped }: Failure): Promise<void> {
  if (!stopped) parts.log.warn({ jobId: held.id, job: held.job.name, step: number, err: error }, "job failed");
  await writeHeld(parts, held, ({ now }) => {
    const job = { undoing: true, cancellable: false, reasons: stopped ? [CANCELLED] : reasonsOf(error) };
    const begun = held.steps[number]!.status !== "UNKNOWN";
    const patch = { status: stopped ? "ABORTED" : "FAILED", endTime: now, retryAt: null } as const;
    return begun ? { job, step: { number, patch } } : { job };
  });
}

async function backward(parts: RunnerParts, held: Held, definition: AnyJobDefinition): Promise<void> {
  for (const [number, step] of [...definition.steps.entries()].toReversed()) {
    const { status, undone } = held.steps[number]!;
    if (status === "UNKNOWN" || undone || !step.undo) continue;
    checkpoint(held);
    const failure = await takeTurn(parts, held, { number, step, undoing: true });
    if (!failure) continue;
    parts.log.error({ jobId: held.id, job: held.job.name, step: step.name, err: failure.error }, "undo failed");
    await writeHeld(parts, held, (_transaction, { reasons }) => ({
      job: { reasons: joined(reasons, reasonsOf(failure.error)) },
      step: { number, patch: { status: "FAILED", retryAt: null } },
    }));
  }
}

/** Each once: an undo may fail again under the next runner. */
const joined = (before: readonly JobReason[], more: readonly JobReason[]): JobReason[] => [
  ...before,
  ...more.filter(({ code, message }) => !before.some((known) => known.code === code && known.message === message)),
];

const isUndone = ({ steps }: Held, definition: AnyJobDefinition): boolean =>
  steps.every(({ status, undone }, number) => undone || status === "UNKNOWN" || !definition.steps[number]?.undo);

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
      await commitEnd(parts, held, ending, seen);
      break;
    } catch (error) {
      checkpoint(held);
      parts.log.error({ jobId: held.id, job: held.job.name, err: error }, "the end of a job could not be committed");
      if (tries === END_ATTEMPTS) {
        await commitEnd(parts, held, { status: "FAILED", reasons: joined(ending.reasons, reasonsOf(error)), definition: undefined });
        break;
      }
    }
  }
  trace("ended", held.job);
}

const commitEnd = (parts: RunnerParts, held: Held, { status, reasons, definition }: Ending, seen: unknown = null): Promise<void> =>
  writeHeld(parts, held, (transaction, job) => {
    definition?.ended?.(transaction, { ...job, reasons, undone: isUndone(held, definition) }, status, seen);
    const progress = status === "FINISHED" ? 100 : job.progress;
    const patch = { status, reasons, progress, endTime: transaction.now, cancellable: false, runner: null, leaseUntil: null };
    return { job: patch };
  });
