import { jittered, pause } from "../backoff.ts";
import { type Log, reasonOf } from "../log.ts";
import { type Connection, ConnectionLost, openConnection } from "./connection.ts";
import { decodeEvent, type DomainEvent, EVENTS } from "./events.ts";
import { createLibvirt, type Libvirt } from "./procedures.ts";

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 5_000;

/** libvirt, kept connected over restarts of its daemon. */
export interface LibvirtSession {
  readonly available: boolean;
  /** Resolves when the daemon was reached for the first time, or could not be. */
  readonly tried: Promise<void>;
  /** Short calls, on the connection that carries the events. Throws ConnectionLost while the daemon is away. */
  libvirt(): Libvirt;
  /** A connection of its own for a call that takes long, so that it holds up nobody else's. */
  dedicated<T>(work: (libvirt: Libvirt) => Promise<T>): Promise<T>;
  close(): void;
}
export interface SessionOptions {
  socketPath: string;
  uri: string;
  onEvent(event: DomainEvent): void;
  /** Events are registered; whatever happened before is only in the truth. */
  onUp(): void;
  onDown(): void;
  log: Log;
}

export function createSession(options: SessionOptions): LibvirtSession {
  const { socketPath, uri, log } = options;
  const stop = new AbortController();
  const { promise: tried, resolve: markTried } = Promise.withResolvers<void>();
  let current: { connection: Connection; libvirt: Libvirt } | null = null;

  const open = async () => {
    const connection = await openConnection({ socketPath, uri, onEvent: (procedure, body) => deliver(procedure, body, options.onEvent) });
    const libvirt = createLibvirt(connection);
    for (const event of EVENTS) await libvirt.registerEvent(event).catch((error: unknown) => ignoreRefusal(error, log));
    return { connection, libvirt };
  };
  const keepConnected = async () => {
    for (let attempt = 0; !stop.signal.aborted; attempt++) {
      try {
        current = await open();
        if (stop.signal.aborted) return current.connection.close();
        attempt = 0;
        log("info", "libvirt connected", { uri });
        options.onUp();
        markTried();
        const reason = await current.connection.closed;
        current = null;
        if (stop.signal.aborted) return;
        log("warn", "libvirt connection lost", { reason });
        options.onDown();
      } catch (error) {
        if (attempt === 0) log("warn", "libvirt cannot be reached", { reason: reasonOf(error) });
        markTried();
      }
      await pause(jittered(attempt, FIRST_DELAY_MS, LONGEST_DELAY_MS), stop.signal);
    }
  };
  void keepConnected();

  return {
    tried,
    get available() {
      return current !== null;
    },
    libvirt() {
      if (!current) throw new ConnectionLost("libvirt is not connected");
      return current.libvirt;
    },
    async dedicated(work) {
      const connection = await openConnection({ socketPath, uri });
      try {
        return await work(createLibvirt(connection));
      } finally {
        connection.close();
      }
    },
    close() {
      stop.abort();
      current?.connection.close();
    },
  };
}

function deliver(procedure: number, body: Parameters<typeof decodeEvent>[1], onEvent: (event: DomainEvent) => void): void {
  const event = decodeEvent(procedure, body);
  if (event) onEvent(event);
}

/** A driver without some kind of event is served all the same; a lost connection is not. */
function ignoreRefusal(error: unknown, log: Log): void {
  if (error instanceof ConnectionLost) throw error;
  log("warn", "libvirt does not offer an event", { reason: reasonOf(error) });
}
