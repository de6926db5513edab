import { send } from "../../src/hostlink/rpc.ts";
import type { AgentNotification, EngineMethod, NotificationParams, Welcome } from "../../schema/hostlink.ts";
import { dialSocket, type LinkEnd, type Wire, type WireServices } from "./wire.ts";

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;

export interface LinkServices extends WireServices {
  /** The engine took the hello; from here on events may be sent. */
  up(welcome: Welcome): void;
  down(): void;
}
/** An agent's side of the host link: dials, says hello, and dials again with growing, jittered pauses whenever it ends. */
export interface Link {
  readonly connected: boolean;
  readonly lastEnd: LinkEnd | null;
  /** Resolves when the engine took a hello. */
  whenConnected(): Promise<void>;
  dial(): void;
  /** A second link with the newest identity; the engine closes the first one when it has taken the hello. */
  redial(): void;
  request(method: EngineMethod, params: object): Promise<unknown>;
  /** Nothing happens without a link. */
  notify<N extends AgentNotification>(method: N, params: NotificationParams<N>): void;
  sendFrame(frame: Uint8Array): void;
  /** Ends the link and dials no more until `dial`. `silent`: the engine is told nothing, and gets no sign of life. */
  hangUp(silent: boolean): void;
}

export function createLink(services: LinkServices): Link {
  let wanted = false;
  let current: Wire | null = null;
  let lastEnd: LinkEnd | null = null;
  const retry = createRetry(() => connect());
  const open = new Set<Wire>();
  const muted = new Set<Wire>();
  const waiting: (() => void)[] = [];

  const ended = (wire: Wire, end: LinkEnd) => {
    lastEnd = end;
    muted.delete(wire);
    if (!open.delete(wire) || (current !== null && current !== wire)) return;
    current = null;
    services.down();
    if (!wanted || open.size > 0) return;
    retry.later();
  };
  const up = (wire: Wire, welcome: Welcome) => {
    if (!open.has(wire)) return;
    current = wire;
    retry.reset();
    services.up(welcome);
    for (const resolve of waiting.splice(0)) resolve();
  };
  const connect = () => void open.add(dialSocket(services, { up, ended }));
  const dial = () => {
    for (const wire of muted) wire.socket.terminate();
    if (wanted) return;
    wanted = true;
    connect();
  };
  const hangUp = (silent: boolean) => {
    wanted = false;
    current = null;
    retry.reset();
    services.down();
    for (const wire of open) {
      wire.mute();
      if (silent) muted.add(wire);
      else wire.socket.terminate();
    }
    open.clear();
  };
  return {
    get connected() {
      return current !== null;
    },
    get lastEnd() {
      return lastEnd;
    },
    whenConnected: () => (current === null ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve()),
    dial,
    redial: connect,
    hangUp,
    ...sending(() => current),
  };
}

/** Growing, jittered pauses between dials. */
function createRetry(connect: () => void): { later(): void; reset(): void } {
  let ms = FIRST_RETRY_MS;
  let timer: NodeJS.Timeout | undefined;
  return {
    later() {
      timer = setTimeout(connect, ms * (0.5 + Math.random() / 2));
      ms = Math.min(LAST_RETRY_MS, ms * 2);
    },
    reset() {
      clearTimeout(timer);
      ms = FIRST_RETRY_MS;
    },
  };
}

function sending(current: () => Wire | null): Pick<Link, "request" | "notify" | "sendFrame"> {
  return {
    async request(method, params) {
      const wire = current();
      if (wire === null) throw new Error("There is no link to the engine.");
      return wire.connection.sendRequest(method, params);
    },
    notify(method, params) {
      void current()
        ?.connection.sendNotification(method, params)
        .catch(() => {});
    },
    sendFrame(frame) {
      const wire = current();
      if (wire !== null) void send(wire.socket, frame).catch(() => {});
    },
  };
}
