import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import type { WebSocket } from "ws";
import { guarded } from "../../guard.ts";

/** Bytes waiting to be sent above which a client counts as slow. */
const SLOW_BYTES = 256 * 1024;
/** Below this a payload is copied: cheaper than three frames. */
const COPY_BYTES = 8 * 1024;
/** A client that takes nothing for so long is let go. */
const STALL_MS = 60_000;
const TRY_AGAIN_LATER = 1013;

/** What is sent on one WebSocket. Nothing is queued here: a sender asks first, and leaves out or waits. */
export interface Outbox {
  send(text: string): void;
  /** `head`, then a payload that many clients are sent, then `tail`, as one message; the payload is not copied. */
  sendShared(head: string, payload: Buffer, tail: string): void;
  /** Whether the client is slow. */
  blocked(): boolean;
  /** Resolves when it no longer is, or the socket is closed. */
  drained(): Promise<void>;
}

export function createOutbox(
  socket: WebSocket,
  stream: Duplex,
  { log, stallMs = STALL_MS }: { log: Logger; stallMs?: number | undefined },
): Outbox {
  const waiting = new Set<() => void>();
  let stall: NodeJS.Timeout | undefined;
  const blocked = () => socket.bufferedAmount > SLOW_BYTES && socket.readyState === socket.OPEN;
  const settle = () => {
    if (blocked()) return;
    clearTimeout(stall);
    stall = undefined;
    for (const wake of waiting) wake();
    waiting.clear();
  };
  const letGo = guarded(log, "letting a slow client go", () => {
    socket.close(TRY_AGAIN_LATER, "Too slow");
    // It takes nothing, so it will not take the farewell either.
    setTimeout(() => socket.terminate(), 1_000).unref();
  });
  const watch = () => {
    if (stall === undefined && blocked()) stall = setTimeout(letGo, stallMs).unref();
  };
  socket.once("close", settle);
  return {
    send(text) {
      if (socket.readyState !== socket.OPEN) return;
      socket.send(text, settle);
      watch();
    },
    sendShared(head, payload, tail) {
      if (socket.readyState !== socket.OPEN) return;
      if (payload.length < COPY_BYTES) return this.send(head + payload.toString() + tail);
      stream.cork();
      socket.send(head, { fin: false });
      socket.send(payload, { fin: false, binary: false });
      socket.send(tail, { fin: true }, settle);
      stream.uncork();
      watch();
    },
    blocked,
    drained: () => (blocked() ? new Promise((resolve) => waiting.add(resolve)) : Promise.resolve()),
  };
}
