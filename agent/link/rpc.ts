import {
  AbstractMessageReader,
  AbstractMessageWriter,
  CancellationTokenSource,
  createMessageConnection,
  type DataCallback,
  ErrorCodes,
  type Message,
  NullLogger,
  ResponseError,
  type ResponseMessage,
} from "vscode-jsonrpc/node";
import type WebSocket from "ws";
import {
  type AgentNotification,
  CloseCode,
  DEFAULT_DEADLINE_MS,
  type EngineMethod,
  EngineMethods,
  type EngineParams,
  type EngineResult,
  type HostErrorData,
  MAX_FRAME_BYTES,
  type NotificationParams,
} from "../../schema/hostlink.ts";
import { MOST_LIVE_FRAME_BYTES } from "../../schema/hostlinkLimits.ts";
import type { HostError } from "../errors.ts";
import type { Dispatch } from "./calls.ts";

/** JSON-RPC 2.0 over one WebSocket, both ways. */
export interface Rpc {
  /** Rejects after the deadline, when the link ends, or with the engine's error. */
  request<M extends EngineMethod>(method: M, params: EngineParams<M>, deadlineMs?: number): Promise<EngineResult<M>>;
  notify<N extends AgentNotification>(method: N, params: NotificationParams<N>): void;
  sendBinary(frame: Uint8Array): void;
  /** Bytes not yet given to the network. */
  readonly buffered: number;
  /** Calls of the engine that were not answered yet. */
  readonly underWay: number;
  readonly closed: Promise<{ code: number; reason: string }>;
  close(code: number, reason: string): void;
}

class SocketReader extends AbstractMessageReader {
  constructor(readonly socket: WebSocket) {
    super();
    socket.on("close", () => this.fireClose());
  }
  listen(callback: DataCallback) {
    this.socket.on("message", (data, isBinary) => {
      const message = isBinary ? null : parse((data as Buffer).toString());
      if (!message || !deliver(message, callback)) this.socket.close(CloseCode.MALFORMED, "not JSON-RPC");
    });
    return { dispose: () => undefined };
  }
}
/** False for a message that the library cannot even refuse: thrown on, its error would end the process. */
function deliver(message: Message, callback: DataCallback): boolean {
  try {
    callback(message);
    return true;
  } catch {
    return false;
  }
}
class SocketWriter extends AbstractMessageWriter {
  constructor(readonly socket: WebSocket) {
    super();
  }
  async write(message: Message) {
    const text = JSON.stringify(message);
    if (Buffer.byteLength(text) <= mostBytes(message)) this.socket.send(text);
    else if ("method" in message) throw new Error(`${String(message.method)} is too large for a frame`);
    else this.socket.send(JSON.stringify(tooLarge(message)));
  }
  end() {}
}

const mostBytes = (message: Message) => ("method" in message && message.method === "hello" ? MAX_FRAME_BYTES : MOST_LIVE_FRAME_BYTES);

/** The engine would end the link at sight of the answer; without any it would wait. */
function tooLarge(answer: Message): ResponseMessage {
  const data: HostErrorData = { code: "INTERNAL" };
  const error = { code: ErrorCodes.InternalError, message: "the answer is too large for a frame", data };
  return { jsonrpc: answer.jsonrpc, id: (answer as ResponseMessage).id, error };
}

function parse(text: string): Message | null {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === "object" && message !== null && "jsonrpc" in message && message.jsonrpc === "2.0"
      ? (message as Message)
      : null;
  } catch {
    return null;
  }
}

export function createRpc(socket: WebSocket, dispatch: Dispatch): Rpc {
  const connection = createMessageConnection(new SocketReader(socket), new SocketWriter(socket), NullLogger);
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once("close", (code, reason) => resolve({ code, reason: String(reason) }));
  });
  let underWay = 0;
  connection.onRequest(async (method, params, token) => {
    const abort = new AbortController();
    token.onCancellationRequested(() => abort.abort());
    underWay++;
    try {
      return await dispatch(method, params, abort.signal);
    } catch (error) {
      throw toResponseError(error as HostError);
    } finally {
      underWay--;
    }
  });
  connection.onError(() => undefined); // the socket's own end is what counts
  connection.listen();
  void closed.then(() => connection.dispose()); // rejects what is still pending

  return {
    closed,
    get buffered() {
      return socket.bufferedAmount;
    },
    get underWay() {
      return underWay;
    },
    async request(method, params, deadlineMs = DEFAULT_DEADLINE_MS) {
      const source = new CancellationTokenSource();
      const { promise: late, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(() => {
        source.cancel();
        reject(new Error(`${method} was not answered within ${deadlineMs} ms`));
      }, deadlineMs);
      try {
        const answer: unknown = await Promise.race([connection.sendRequest<unknown>(method, params, source.token), late]);
        return EngineMethods[method].result.parse(answer) as EngineResult<typeof method>;
      } finally {
        clearTimeout(timer);
        source.dispose();
      }
    },
    notify(method, params) {
      if (socket.readyState === socket.OPEN) void connection.sendNotification(method, params).catch(() => undefined);
    },
    sendBinary: (frame) => socket.send(frame),
    close: (code, reason) => socket.close(code, reason),
  };
}

function toResponseError({ code, message, libvirt }: HostError): ResponseError<HostErrorData> {
  const rpcCode =
    code === "INVALID" ? ErrorCodes.InvalidParams : code === "UNSUPPORTED" ? ErrorCodes.MethodNotFound : ErrorCodes.UnknownErrorCode;
  return new ResponseError(rpcCode, message, { code, ...(libvirt && { libvirt }) });
}
