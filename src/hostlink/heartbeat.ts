import type { WebSocket } from "ws";

/** So many intervals without a sign of life end a link. */
const SILENT_INTERVALS = 3;

export interface Heartbeat {
  stop(): void;
}

/**
 * Pings every `intervalMs` and calls `dead` once nothing at all arrived for three whole intervals. Intervals are counted, not
 * measured: after a stall of this process what waits in the socket is read before the next count.
 */
export function startHeartbeat(socket: WebSocket, intervalMs: number, dead: () => void): Heartbeat {
  let silent = 0;
  const heard = () => (silent = 0);
  for (const sign of ["message", "ping", "pong"] as const) socket.on(sign, heard);
  const timer = setInterval(() => {
    silent += 1;
    if (silent > SILENT_INTERVALS) dead();
    else socket.ping();
  }, intervalMs);
  return { stop: () => clearInterval(timer) };
}
