import { OvertError } from "../../errors.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import { cancelled } from "./failure.ts";
import { LEFT, orGone, writeHeld, type Held } from "./held.ts";
import type { AnyStepContext, AnyStepDefinition, RunnerParts } from "./parts.ts";

const PROGRESS_MS = 500;

export interface OpenContext {
  context: AnyStepContext;
  /** No progress is written from now on. */
  close(): void;
}
export interface StepTurn {
  number: number;
  step: AnyStepDefinition;
  undoing: boolean;
}

/** What one run of a step, or of its undo, may use. */
export function openContext(parts: RunnerParts, held: Held, { number, step, undoing }: StepTurn): OpenContext {
  const { journal, hosts } = parts;
  const signal = step.cancellable && !undoing ? held.cancelling.signal : new AbortController().signal;
  const progress = progressWriter(parts, held, number);
  const callContext = (suffix?: string) => ({
    key: [held.id, step.name, undoing ? "undo" : "do", suffix ?? ""].join("/"),
    jobId: held.id,
    step: step.name,
    fence: held.fence,
  });
  const context: AnyStepContext = {
    job: held.job,
    snapshot: () => journal.snapshot(),
    signal,
    callContext,
    progress: undoing ? () => undefined : progress.tell,
    call: (hostId, method, params, options) => orGone(held, hosts.call(hostId, method, params, { ...options, signal })),
    until: (done, timeoutMs) => until(parts, held, { signal, done, timeoutMs }),
    write: (change) => writeHeld(parts, held, (transaction) => (change(transaction), {})),
  };
  return { context, close: progress.close };
}

/** Percent of the whole job when `number` of its steps are done, and `percent` of the next. */
export const jobProgress = (held: Held, number: number, percent: number): number =>
  (100 * (number + percent / 100)) / Math.max(held.steps.length, 1);

/** At most two writes a second, the latest value last. */
function progressWriter(parts: RunnerParts, held: Held, number: number) {
  let latest = 0;
  let lastWrite = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const write = () => {
    timer = undefined;
    lastWrite = Date.now();
    const percent = latest;
    const patch = { job: { progress: jobProgress(held, number, percent) }, step: { number, patch: { progress: percent } } };
    writeHeld(parts, held, () => patch).catch((error: unknown) =>
      parts.log.debug({ jobId: held.id, err: error }, "progress was not written"),
    );
  };
  const tell = (percent: number) => {
    latest = Math.min(Math.max(Math.round(percent), 0), 100);
    if (!closed) timer ??= setTimeout(write, Math.max(lastWrite + PROGRESS_MS - Date.now(), 0));
  };
  const close = () => {
    closed = true;
    clearTimeout(timer);
  };
  return { tell, close };
}

interface Wanted {
  signal: AbortSignal;
  done: (snapshot: Snapshot) => boolean;
  timeoutMs: number;
}
async function until({ journal }: RunnerParts, held: Held, { signal, done, timeoutMs }: Wanted): Promise<Snapshot> {
  const first = journal.snapshot();
  if (done(first)) return first;
  const ends = AbortSignal.any([signal, held.gone.signal, AbortSignal.timeout(timeoutMs)]);
  for await (const followed of journal.follow(first.cursor, ends)) {
    const snapshot = "gap" in followed ? journal.snapshot() : followed.snapshot;
    if (done(snapshot)) return snapshot;
  }
  if (held.gone.signal.aborted) throw LEFT;
  if (signal.aborted) throw cancelled();
  const message = `What was waited for did not come about within ${timeoutMs} ms.`;
  throw new OvertError("INTERNAL", message, [{ code: "TIMEOUT", message }]);
}
