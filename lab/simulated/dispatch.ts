import { AgentMethods, type AgentMethod, type CallContext, type HostErrorCode, type NotificationParams } from "../../schema/hostlink.ts";
import { hostError, hostErrorCode } from "./errors.ts";
import { createGates, type Gate, type GateStage } from "./gates.ts";
import type { Execution, Handlers } from "./handlers.ts";

/** Something that a call of the engine really did on a host; a repeated call that was answered from memory makes none. */
export interface Effect {
  readonly at: number;
  readonly method: AgentMethod;
  /** The VM or disk; null where the method has none. */
  readonly subject: string | null;
  readonly call: CallContext;
  /** `running` until it ended. */
  outcome: "running" | "done" | HostErrorCode;
}

/** Runs the engine's calls as an agent must: once per key, and none below the highest fence of its job. */
export interface Dispatcher {
  readonly effects: readonly Effect[];
  /** Answers one request; `cancelled` aborts what it started. */
  run(method: string, params: unknown, cancelled: AbortSignal): Promise<unknown>;
  /** See `SimulatedHost`. */
  holdCalls(method: AgentMethod, stage?: GateStage): Gate;
  failNext(method: AgentMethod, code: HostErrorCode): void;
  /** Forgets keys and fences, as an agent does that starts anew. */
  forget(): void;
}

interface Outcome {
  answer: Promise<unknown>;
  abort: AbortController;
}

const MAX_KEPT = 10_000;
/** Failures that pass, and calls that were given up: the same call may be tried again under its key. */
const PASSING: ReadonlySet<HostErrorCode> = new Set(["LIBVIRT_UNAVAILABLE", "TIMEOUT", "CANCELLED"]);

export function createDispatcher(handlers: Handlers, notify: (progress: NotificationParams<"progress">) => void): Dispatcher {
  const effects: Effect[] = [];
  const outcomes = new Map<string, Outcome>();
  const fences = new Map<string, number>();
  const failures = createFailures();
  const gates = createGates();

  const handle = async (method: AgentMethod, params: object, execution: Execution): Promise<unknown> => {
    failures.throwNext(method);
    return (handlers[method] as (params: object, execution: Execution) => unknown)(params, execution);
  };

  const start = (method: AgentMethod, params: object, call: CallContext): Outcome => {
    const abort = new AbortController();
    const effect: Effect = { at: Date.now(), method, subject: subjectOf(params), call, outcome: "running" };
    remember(effects, effect);
    const answer = handle(method, params, { signal: abort.signal, progress: (progress) => notify({ key: call.key, ...progress }) });
    answer.then(
      () => (effect.outcome = "done"),
      (error: unknown) => {
        effect.outcome = hostErrorCode(error);
        if (PASSING.has(effect.outcome)) outcomes.delete(call.key);
      },
    );
    return { answer, abort };
  };

  const once = (method: AgentMethod, params: object, call: CallContext, cancelled: AbortSignal): Promise<unknown> => {
    if (call.fence < (fences.get(call.jobId) ?? call.fence)) throw hostError("FENCED", "A newer runner of this job was here.");
    fences.set(call.jobId, call.fence);
    const outcome = outcomes.get(call.key) ?? start(method, params, call);
    outcomes.set(call.key, outcome);
    trim(outcomes);
    if (cancelled.aborted) outcome.abort.abort();
    cancelled.addEventListener("abort", () => outcome.abort.abort(), { once: true });
    return outcome.answer;
  };

  return {
    effects,
    ...gates,
    async run(name, raw, cancelled) {
      const { method, params } = check(name, raw);
      await gates.pass(method, "before");
      const execution = { signal: cancelled, progress: () => {} };
      const answer = await ("call" in params ? once(method, params, params.call, cancelled) : handle(method, params, execution));
      await gates.pass(method, "after");
      return answer;
    },
    failNext: failures.failNext,
    forget() {
      outcomes.clear();
      fences.clear();
    },
  };
}

function check(name: string, raw: unknown) {
  if (!Object.hasOwn(AgentMethods, name)) throw hostError("UNSUPPORTED", `There is no method ${name}.`);
  const method = name as AgentMethod;
  const parsed = AgentMethods[method].params.safeParse(raw);
  if (!parsed.success) throw hostError("INVALID", parsed.error.message);
  return { method, params: parsed.data };
}

function createFailures(): Pick<Dispatcher, "failNext"> & { throwNext(method: AgentMethod): void } {
  const planned: { method: AgentMethod; code: HostErrorCode }[] = [];
  return {
    failNext: (method, code) => void planned.push({ method, code }),
    throwNext(method) {
      const index = planned.findIndex((failure) => failure.method === method);
      const [failure] = index < 0 ? [] : planned.splice(index, 1);
      if (failure !== undefined) throw hostError(failure.code, "Failed on demand.");
    },
  };
}

function subjectOf(params: object): string | null {
  if ("vmId" in params) return String(params.vmId);
  if ("diskId" in params) return String(params.diskId);
  return "storageDomainId" in params ? String(params.storageDomainId) : null;
}

function remember(effects: Effect[], effect: Effect): void {
  effects.push(effect);
  if (effects.length > MAX_KEPT) effects.splice(0, MAX_KEPT / 10);
}

function trim(outcomes: Map<string, Outcome>): void {
  for (const oldest of outcomes.keys()) {
    if (outcomes.size <= MAX_KEPT) break;
    outcomes.delete(oldest);
  }
}
