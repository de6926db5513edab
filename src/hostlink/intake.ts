import type { WebSocket } from "ws";
import { CloseCode, MAX_FRAME_BYTES } from "../../schema/hostlink.ts";
import { createPace } from "../pace.ts";
import type { Refusal } from "./frames.ts";

/** What a link may bring: so much at once, and then so much a second. */
const BURST_BYTES = 8 * MAX_FRAME_BYTES;
const BYTES_PER_SECOND = MAX_FRAME_BYTES;
const BURST_FRAMES = 4_000;
const FRAMES_PER_SECOND = 500;
/** Bytes that wait for a peer that does not read what it is sent. */
const MOST_UNREAD_BYTES = 2 * MAX_FRAME_BYTES;

export interface Intake {
  /** A frame of so many bytes came. */
  took(bytes: number): void;
  stop(): void;
}

/** Reads no faster from a link than the engine can bear from each: what it sends beyond waits at its own end. Ends one that does not read. */
export function limitIntake(socket: WebSocket, end: (refusal: Refusal) => void): Intake {
  const bytes = createPace(BURST_BYTES, BYTES_PER_SECOND);
  const frames = createPace(BURST_FRAMES, FRAMES_PER_SECOND);
  let resting: NodeJS.Timeout | undefined;
  const took = (size: number) => {
    if (socket.bufferedAmount > MOST_UNREAD_BYTES) return end({ code: CloseCode.MALFORMED, reason: "it does not read what it is sent" });
    const rest = Math.max(bytes.take(size), frames.take(1));
    if (rest === 0 || resting !== undefined) return;
    socket.pause();
    resting = setTimeout(() => {
      resting = undefined;
      socket.resume();
    }, rest);
  };
  // Each ping is answered, so they count.
  for (const sign of ["ping", "pong"] as const) socket.on(sign, () => took(0));
  return {
    took,
    stop() {
      clearTimeout(resting);
      socket.resume();
    },
  };
}
