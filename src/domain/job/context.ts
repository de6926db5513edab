import { OvertError } from "../../errors.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import { child } from "./child.ts";
import { cancelled } from "./failure.ts";
import { LEFT, leaveNow, orGone, waiting, writeHeld, type Held } from "./held.ts";
import type { AnyStepContext, AnyStepDefinition, RunnerParts } from "./parts.ts";
import { mostAtOnce } from "./slots.ts";

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
export function openContext(parts: RunnerParts, held: Held, turn: StepTurn): OpenContext {
  const { journal } = parts;
  const { number, step, undoing } = turn;
  const { key, args } = held.steps[number]!;
  const signal = step.cancellable && !undoing ? held.cancelling.signal : new AbortController().signal;
  const progress = progressWriter(parts, held, number);
  const callContext = (suffix?: string) => ({
    // A step of a plan is told from the others of its kind.
    key: [held.id, key === null ? step.name : `${step.name}-${number}`, undoing ? "undo" : "do", suffix ?? ""].join("/"),
    jobId: held.id,
    step: step.name,
    fence: held.fence,
  });
  const context: AnyStepContext = {
    job: held.job,
    step: { key, args },
    snapshot: () => journal.snapshot(),
    signal,
    resultOf: (of, ofKey) => resultOf(held, of.name, ofKey) as never,
    callContext,
    progress: undoing ? () => undefined : progress.tell,
    call: callFor(parts, held, signal),
    get hostId() {
      return held.runs[number]?.hostId ?? null;
    },
    doneBy: async (hostId) => {
      if (held.runs[number]?.hostId !== hostId) await writeHeld(parts, held, () => ({ stepRun: { number, patch: { hostId } } }));
    },
    until: (done, timeoutMs) => waiting(parts, held, () => until(parts, held, { signal, done, timeoutMs })),
    write: (change) => writeHeld(parts, held, (transaction) => (change(transaction), {})),
    mostAtOnce: ({ name }) => mostAtOnce(parts.settings, name),
    child: (childKey, decide) => child(parts, held, childKey, decide),
  };
  return { context, close: progress.close };
}

function resultOf({ steps }: Held, name: string, key?: string): unknown {
  const found = steps.find((step) => step.name === name && (key === undefined || step.key === key) && step.status === "FINISHED");
  return found?.result ?? undefined;
}

/** A host that is linked to another engine is called by that one: the job goes there, with what was answered so far. */
function callFor(parts: RunnerParts, held: Held, signal: AbortSignal): AnyStepContext["call"] {
  const { hosts, presence } = parts;
  return async (hostId, method, params, options) => {
    const key = "call" in params ? params.call.key : null;
    if (key !== null && held.answers.has(key)) return held.answers.get(key) as never;
    // Where the database cannot tell either, it is a host that cannot be reached.
    const elsewhere = hosts.connected(hostId) ? null : await presence.engineOf(hostId).catch(() => null);
    if (elsewhere !== null && elsewhere !== presence.engineId) {
      held.wanted = elsewhere;
      leaveNow(held);
      throw LEFT;
    }
    const answer = await orGone(held, hosts.call(hostId, method, params, { ...options, signal }));
    if (key !== null) held.answers.set(key, answer);
    return answer;
  };
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
    const patch = { run: { progress: jobProgress(held, number, percent) }, stepRun: { number, patch: { progress: percent } } };
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
