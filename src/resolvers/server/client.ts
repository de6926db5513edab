import type { WebSocket } from "ws";
import type { Authenticated } from "../../domain/access/access.ts";
import { OvertError } from "../../errors.ts";
import { createLanes } from "../../lanes.ts";
import { LIMITS } from "../cost/limits.ts";
import type { Outbox } from "./outbox.ts";

/** Operations of one connection at a time, subscriptions among them. */
const OPERATIONS = 200;
const ANONYMOUS_OPERATIONS = 10;
/** Queries and mutations of one connection that are executed at a time; the others wait. */
const LANES = 8;
/** What all operations that a user has under way were asked with, in bytes: it is kept as long as they are. */
const USER_BYTES = 16 * 1024 * 1024;

/** One WebSocket, from its opening on. */
export interface Client {
  readonly socket: WebSocket;
  readonly outbox: Outbox;
  /** Of the client's end of the connection. */
  readonly address: string;
  /** Null before log-in. */
  authenticated: Authenticated | null;
  expiry: NodeJS.Timeout | undefined;
  /** Whether it answered the last ping. */
  alive: boolean;
  /** Messages that are being worked on. */
  running: number;
  /** Gives back its place among those who are not logged in. */
  readonly leaveRoom: () => void;
  /** Executes a query or mutation when it is its turn and the client takes what it is sent. */
  readonly inLane: <T>(work: () => Promise<T>) => Promise<T>;
}

export const createClient = (given: Pick<Client, "socket" | "outbox" | "address" | "leaveRoom">): Client => ({
  ...given,
  authenticated: null,
  expiry: undefined,
  alive: true,
  running: 0,
  inLane: lanesOf(given.outbox),
});

function lanesOf({ drained }: Outbox): Client["inLane"] {
  const inLane = createLanes(LANES);
  return (work) =>
    inLane(async () => {
      await drained();
      return work();
    });
}

/** What clients have under way, in messages and bytes. */
export interface Loads {
  /** Counts a message until `work` is done with it. */
  during(client: Client, bytes: number, work: () => Promise<void>): Promise<void>;
  /** Throws TOO_EXPENSIVE when a client has too much under way, what it asks now among it. */
  check(client: Client): void;
}

export function createLoads(): Loads {
  const users = new Map<string, number>();
  const add = (user: string, bytes: number) => {
    const sum = (users.get(user) ?? 0) + bytes;
    if (sum > 0) users.set(user, sum);
    else users.delete(user);
  };
  return {
    async during(client, bytes, work) {
      const user = client.authenticated?.caller.userId ?? "";
      client.running += 1;
      add(user, bytes);
      try {
        await work();
      } finally {
        client.running -= 1;
        add(user, -bytes);
      }
    },
    check({ authenticated, running }) {
      const most = authenticated ? OPERATIONS : ANONYMOUS_OPERATIONS;
      if (running > most) throw tooMuch(`At most ${most} operations at a time on one connection.`, "OPERATIONS");
      if (authenticated && (users.get(authenticated.caller.userId ?? "") ?? 0) > USER_BYTES)
        throw tooMuch(`At most ${USER_BYTES} bytes of operations at a time.`, "OPERATIONS");
    },
  };
}
const tooMuch = (message: string, code: string) => new OvertError("TOO_EXPENSIVE", message, [{ code, message }]);

/** Bytes of one message that a client may send. */
export const largestMessage = ({ authenticated }: Client): number => (authenticated ? LIMITS.body : LIMITS.anonymousBody);
