import {
  CancellationTokenSource,
  ConnectionError,
  ErrorCodes,
  ResponseError,
  type CancellationToken,
  type MessageConnection,
} from "vscode-jsonrpc/node";
import { HostCallError, type HostCallErrorCode, type HostCallOptions } from "../domain/host/ports.ts";
import { MOST_TEXT } from "../../schema/hostlinkLimits.ts";
import { soundText } from "../../schema/hostlinkText.ts";
import {
  AgentMethods,
  DEFAULT_DEADLINE_MS,
  HostErrorData,
  type AgentMethod,
  type AgentParams,
  type AgentResult,
  type Capability,
  type NotificationParams,
} from "../../schema/hostlink.ts";

/** After a cancel the host's own answer counts, because the call may have been done by then; but it is not waited for longer than this. */
const CANCEL_GRACE_MS = 10_000;

/** Progress of one call is passed on at most this often, in ms. */
const PROGRESS_MS = 100;

/** The engine's calls over one link. */
export interface Calls {
  /** As `HostCalls.call`. */
  call<M extends AgentMethod>(method: M, params: AgentParams<M>, options?: HostCallOptions): Promise<AgentResult<M>>;
  progress(progress: NotificationParams<"progress">): void;
}

/** `malformed` is told when an answer is not of its method's shape. */
export function createCalls(connection: MessageConnection, capabilities: readonly string[], malformed: (reason: string) => void): Calls {
  const listeners = new Map<string, Listener>();

  async function call<M extends AgentMethod>(method: M, params: AgentParams<M>, options: HostCallOptions = {}): Promise<AgentResult<M>> {
    const needed = requiredCapability(method);
    if (needed !== null && !capabilities.includes(needed)) throw new HostCallError("UNSUPPORTED", `The agent does not offer ${needed}.`);
    const key = "call" in params ? params.call.key : null;
    const { onProgress } = options;
    const listener = onProgress && { onProgress, restsUntil: 0 };
    if (key !== null && listener !== undefined) listeners.set(key, listener);
    try {
      const answer = await withLimits(options, (token) => connection.sendRequest<unknown>(method, params, token));
      return checked(method, answer, malformed);
    } finally {
      if (key !== null && listeners.get(key) === listener) listeners.delete(key);
    }
  }

  const progress: Calls["progress"] = (told) => {
    const listener = listeners.get(told.key);
    if (listener === undefined || performance.now() < listener.restsUntil) return;
    listener.restsUntil = performance.now() + PROGRESS_MS;
    listener.onProgress(told);
  };
  return { call, progress };
}

interface Listener {
  onProgress: NonNullable<HostCallOptions["onProgress"]>;
  restsUntil: number;
}

function requiredCapability(method: AgentMethod): Capability | null {
  if (method === "vm.migrate" || method === "vm.cancelMigration") return "vm.migrate";
  if (method === "vm.reset") return "vm.reset";
  if (method === "vm.suspend" || method === "vm.restore") return "vm.suspend";
  if (method.startsWith("host.")) return null;
  return method.startsWith("vm.") ? "vm" : "disk.file";
}

function checked<M extends AgentMethod>(method: M, answer: unknown, malformed: (reason: string) => void): AgentResult<M> {
  const result = AgentMethods[method].result.safeParse(answer);
  if (result.success) return result.data as AgentResult<M>;
  const issue = result.error.issues[0];
  const reason = soundText(`answer to ${method}: ${issue?.path.join(".")} ${issue?.message}`, MOST_TEXT);
  malformed(reason);
  throw new HostCallError("INTERNAL", `Malformed ${reason}`);
}

/** Sends under the deadline and the signal of the options. Rejects with HostCallError only. */
function withLimits<T>(options: HostCallOptions, request: (token: CancellationToken) => Promise<T>): Promise<T> {
  const { deadlineMs = DEFAULT_DEADLINE_MS, signal } = options;
  if (signal?.aborted === true) return Promise.reject(new HostCallError("CANCELLED", "Cancelled before it was sent."));
  const source = new CancellationTokenSource();
  const timers: NodeJS.Timeout[] = [];
  let cancel: (() => void) | undefined;
  const answer = new Promise<T>((resolve, reject) => {
    const giveUpAfter = (ms: number, code: HostCallErrorCode, message: string) => {
      const giveUp = () => {
        source.cancel();
        reject(new HostCallError(code, message));
      };
      timers.push(setTimeout(giveUp, ms));
    };
    cancel = () => {
      source.cancel();
      giveUpAfter(CANCEL_GRACE_MS, "CANCELLED", "Cancelled; the host did not confirm it.");
    };
    giveUpAfter(deadlineMs, "TIMEOUT", `No answer within ${deadlineMs} ms.`);
    signal?.addEventListener("abort", cancel, { once: true });
    sendSafely(() => request(source.token)).then(resolve, (error: unknown) => reject(toHostCallError(error)));
  });
  return answer.finally(() => {
    for (const timer of timers) clearTimeout(timer);
    if (cancel !== undefined) signal?.removeEventListener("abort", cancel);
  });
}

// The library throws at once, instead of rejecting, when the connection was already disposed.
const sendSafely = async <T>(request: () => Promise<T>): Promise<T> => request();

const RPC_CODES: ReadonlyMap<number, HostCallErrorCode> = new Map([
  [ErrorCodes.MessageWriteError, "UNREACHABLE"],
  [ErrorCodes.PendingResponseRejected, "UNREACHABLE"],
  [ErrorCodes.MethodNotFound, "UNSUPPORTED"],
  [ErrorCodes.InvalidParams, "INVALID"],
]);

function toHostCallError(error: unknown): HostCallError {
  if (error instanceof ConnectionError) return new HostCallError("UNREACHABLE", "The link to the host is closed.");
  if (!(error instanceof ResponseError)) return new HostCallError("INTERNAL", String(error));
  const data = HostErrorData.safeParse(error.data);
  if (data.success) return new HostCallError(data.data.code, error.message, data.data.libvirt);
  const code = RPC_CODES.get(error.code) ?? "INTERNAL";
  return new HostCallError(code, code === "UNREACHABLE" ? "The link to the host broke before its answer came." : error.message);
}
