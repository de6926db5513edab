import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import { CloseCode, HEARTBEAT_MS, MAX_FRAME_BYTES } from "../../schema/hostlink.ts";
import type { Identity } from "../identity.ts";

const HANDSHAKE_MS = 15_000;
const REASON_BYTES = 2_000;
const SILENT_HEARTBEATS = 3;

/** The engine answered, and does not want this host: not worth dialling again soon. */
export class DialRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = "DialRefused";
  }
}

/** Dials the engine's `/hostlink`; rejects with DialRefused when it answered with an HTTP error that is this host's. */
export function dial({ engine, ca, certificate, key }: Identity, signal: AbortSignal): Promise<WebSocket> {
  const url = new URL("/hostlink", engine.replace(/^http/, "ws"));
  const socket = new WebSocket(url, {
    ca,
    cert: certificate,
    key,
    minVersion: "TLSv1.3",
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    handshakeTimeout: HANDSHAKE_MS,
  });
  return new Promise((resolve, reject) => {
    const abandon = () => (reject(new Error("stopped")), socket.terminate());
    signal.addEventListener("abort", abandon, { once: true });
    socket.once("open", () => (signal.removeEventListener("abort", abandon), resolve(socket)));
    socket.on("error", reject); // stays: an error after this end of the handshake must not end the process
    socket.once("unexpected-response", (request, response: IncomingMessage) => {
      const refuse = async () => {
        const status = response.statusCode ?? 0;
        const message = `HTTP ${status} ${await readText(response)}`.trimEnd();
        reject(status < 500 ? new DialRefused(message) : new Error(message));
        request.destroy();
      };
      void refuse();
    });
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = "";
  try {
    for await (const chunk of response) if ((text += String(chunk)).length > REASON_BYTES) break;
  } catch {
    // what came so far will do
  }
  return text.slice(0, REASON_BYTES).trim();
}

/** Pings, and cuts the socket when nothing at all arrived for three heartbeats. Stops by itself when the socket closes. */
export function keepAlive(socket: WebSocket, intervalMs = HEARTBEAT_MS): void {
  let silent = 0;
  const heard = () => (silent = 0);
  for (const sign of ["message", "ping", "pong"] as const) socket.on(sign, heard);
  // Counts own ticks, not the clock: a process that was stopped for a minute must first hear what waits for it.
  const timer = setInterval(() => {
    if (++silent >= SILENT_HEARTBEATS) socket.terminate();
    else socket.ping();
  }, intervalMs);
  socket.once("close", () => clearInterval(timer));
}

/** Codes after which dialling again soon is no use: revoked, another agent under this identity, a version not spoken. */
const LASTING = new Set<number>([CloseCode.REVOKED, CloseCode.REPLACED, CloseCode.VERSION]);
export const isLasting = (code: number) => LASTING.has(code);
