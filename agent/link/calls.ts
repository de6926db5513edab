import {
  AgentMethods,
  type AgentMethod,
  type AgentParams,
  type AgentResult,
  type CallContext,
  type NotificationParams,
} from "../../schema/hostlink.ts";
import { MOST_WORD } from "../../schema/hostlinkLimits.ts";
import { HostError, toHostError } from "../errors.ts";

export interface HandlerContext {
  /** Aborted when the engine cancels the call. */
  signal: AbortSignal;
  progress(progress: Omit<NotificationParams<"progress">, "key">): void;
}
type Handler<M extends AgentMethod> = (params: AgentParams<M>, context: HandlerContext) => Promise<AgentResult<M>>;
export type Handlers = { [M in AgentMethod]: Handler<M> };

/** Rejects with HostError only. */
export type Dispatch = (method: string, params: unknown, signal: AbortSignal) => Promise<unknown>;

export interface CallLimits {
  /** ms for which the outcome of a call is remembered after it ended. */
  rememberMs: number;
  /** Outcomes, and jobs with their fences, remembered at most. */
  most: number;
  now(): number;
}
/** Faults of a call that are named. */
const MOST_ISSUES = 5;
const LIMITS: CallLimits = { rememberMs: 10 * 60_000, most: 10_000, now: Date.now };
/** Failures of the moment, and calls that were given up: a repeated call tries anew. */
const PASSING = new Set(["LIBVIRT_UNAVAILABLE", "TIMEOUT", "CANCELLED"]);

interface Outcome {
  result: Promise<unknown>;
  abort: AbortController;
  endedAt: number | null;
}

/**
 * Checks, deduplicates and runs the engine's calls. A call with a known key gets the first one's outcome, and waits for it
 * when it is still under way; a fence below the highest seen for its job is refused.
 */
export function createDispatch(
  handlers: Handlers,
  notify: (progress: NotificationParams<"progress">) => void,
  limits: CallLimits = LIMITS,
): Dispatch {
  const outcomes = new Map<string, Outcome>();
  const fences = new Map<string, number>();

  const start = (method: AgentMethod, params: { call: CallContext }) => {
    const { key } = params.call;
    const abort = new AbortController();
    const handler = handlers[method] as Handler<typeof method>;
    const result = run(handler, params as never, { signal: abort.signal, progress: (progress) => notify({ key, ...progress }) });
    const outcome: Outcome = { result, abort, endedAt: null };
    outcomes.set(key, outcome);
    result.then(
      () => (outcome.endedAt = limits.now()),
      (error: HostError) => (PASSING.has(error.code) ? outcomes.delete(key) : (outcome.endedAt = limits.now())),
    );
    return outcome;
  };

  return async (method, raw, signal) => {
    if (!isMethod(method)) throw new HostError("UNSUPPORTED", `this agent knows no method ${method.slice(0, MOST_WORD)}`);
    const parsed = AgentMethods[method].params.safeParse(raw);
    if (!parsed.success)
      throw new HostError(
        "INVALID",
        parsed.error.issues
          .slice(0, MOST_ISSUES)
          .map((issue) => `${issue.path.join(".")}: ${issue.message}`)
          .join("; "),
      );
    const params = parsed.data;
    if (!hasCall(params)) return run(handlers[method] as Handler<typeof method>, params as never, { signal, progress: () => undefined });

    checkFence(fences, params.call, limits.most);
    forget(outcomes, limits);
    const outcome = outcomes.get(params.call.key) ?? start(method, params);
    const cancel = () => outcome.abort.abort();
    if (signal.aborted) cancel();
    signal.addEventListener("abort", cancel, { once: true });
    return outcome.result.finally(() => signal.removeEventListener("abort", cancel));
  };
}

const hasCall = (params: object): params is { call: CallContext } => "call" in params;
const isMethod = (method: string): method is AgentMethod => Object.hasOwn(AgentMethods, method);

async function run<P, R>(handler: (params: P, context: HandlerContext) => Promise<R>, params: P, context: HandlerContext): Promise<R> {
  try {
    return await handler(params, context);
  } catch (error) {
    throw toHostError(error);
  }
}

function checkFence(fences: Map<string, number>, { jobId, fence }: CallContext, most: number): void {
  const highest = fences.get(jobId) ?? fence;
  if (fence < highest) throw new HostError("FENCED", `fence ${fence} of job ${jobId} is below ${highest}`);
  fences.delete(jobId); // keeps the map in order of last use
  fences.set(jobId, fence);
  if (fences.size > most) for (const oldest of fences.keys()) return void fences.delete(oldest);
}

/** Drops what ended long ago, and the oldest that ended when there are too many; never what is under way. */
function forget(outcomes: Map<string, Outcome>, { rememberMs, most, now }: CallLimits): void {
  for (const [key, { endedAt }] of outcomes) {
    const excess = outcomes.size > most;
    if (endedAt === null) continue;
    if (!excess && now() - endedAt < rememberMs) break;
    outcomes.delete(key);
  }
}
