import type { CancellationToken, Message, MessageConnection } from "vscode-jsonrpc/node";
import { WebSocket } from "ws";
import { HEARTBEAT_MS, MAX_FRAME_BYTES, Welcome, type EngineParams } from "../../schema/hostlink.ts";
import { startHeartbeat, type Heartbeat } from "../../src/hostlink/heartbeat.ts";
import { rpcOver } from "../../src/hostlink/rpc.ts";

const HANDSHAKE_MS = 20_000;

/** What an agent is known by. All PEM; the key PKCS #8. */
export interface Identity {
  hostId: string;
  certificate: string;
  key: string;
  ca: string;
}
/** How the last attempt or link ended: an HTTP status of the dial, or a close code of the link. */
export interface LinkEnd {
  status: number | null;
  code: number | null;
  reason: string;
}
/** What one dial needs of its agent. */
export interface WireServices {
  engineUrl: string;
  identity(): Identity;
  hello(): EngineParams<"hello">;
  answer(method: string, params: unknown, cancelled: AbortSignal): Promise<unknown>;
}
/** One connection to the engine, from its dial on. */
export interface Wire {
  readonly socket: WebSocket;
  readonly connection: MessageConnection;
  /** From now on nothing is read, answered or sent, but the connection stays. */
  mute(): void;
}

export interface WireEvents {
  /** The engine took the hello; from here on events may be sent. */
  up(wire: Wire, welcome: Welcome): void;
  ended(wire: Wire, end: LinkEnd): void;
}

/** Dials, says hello, and serves the engine's calls until the connection ends. */
export function dialSocket(services: WireServices, events: WireEvents): Wire {
  const { certificate, key, ca } = services.identity();
  const url = new URL("/hostlink", services.engineUrl.replace(/^http/, "ws"));
  const tls = { cert: certificate, key, ca, minVersion: "TLSv1.3" } as const;
  const socket = new WebSocket(url, { ...tls, perMessageDeflate: false, maxPayload: MAX_FRAME_BYTES, handshakeTimeout: HANDSHAKE_MS });
  const { connection, receive } = rpcOver(socket);
  let heartbeat: Heartbeat | null = null;
  const mute = () => {
    heartbeat?.stop();
    connection.dispose();
    socket.pause();
  };
  const wire: Wire = { socket, connection, mute };
  const end: LinkEnd = { status: null, code: null, reason: "" };

  connection.onRequest((method: string, params: unknown, token: CancellationToken) => services.answer(method, params, signalOf(token)));
  connection.listen();
  socket.on("open", async () => {
    heartbeat = startHeartbeat(socket, HEARTBEAT_MS, () => socket.terminate());
    try {
      events.up(wire, Welcome.parse(await connection.sendRequest("hello", services.hello())));
    } catch (error) {
      end.reason ||= String(error);
      socket.terminate();
    }
  });
  socket.on("message", (data, binary) => binary || receive(JSON.parse(String(data)) as Message));
  socket.on("unexpected-response", (request, response) => {
    end.status = response.statusCode ?? null;
    end.reason = response.statusMessage ?? "";
    request.destroy();
    socket.terminate();
  });
  socket.on("error", (error) => (end.reason ||= error.message));
  socket.on("close", (code, reason) => {
    heartbeat?.stop();
    connection.dispose();
    events.ended(wire, { ...end, code: end.status === null ? code : null, reason: reason.toString() || end.reason });
  });
  return wire;
}

function signalOf(token: CancellationToken): AbortSignal {
  const abort = new AbortController();
  if (token.isCancellationRequested) abort.abort();
  token.onCancellationRequested(() => abort.abort());
  return abort.signal;
}
