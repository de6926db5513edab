import {
  CloseCode,
  DEFAULT_DEADLINE_MS,
  type Hello,
  type NotificationParams,
  type NumberedEvent,
  PROTOCOL,
  type Welcome,
} from "../../schema/hostlink.ts";
import { jittered, pause } from "../backoff.ts";
import { createRequest, type Identity, renewalTime } from "../identity.ts";
import { type Log, reasonOf } from "../log.ts";
import type { Dispatch } from "./calls.ts";
import type { Outbox } from "./outbox.ts";
import { createRpc, type Rpc } from "./rpc.ts";
import { dial, DialRefused, isLasting, keepAlive } from "./socket.ts";

export interface LinkOptions {
  /** Read anew for each dial, so that a new enrolment needs no restart. */
  loadIdentity(): Promise<Identity>;
  saveIdentity(identity: Identity): Promise<void>;
  /** What the hello says beside protocol and identity, with `unacknowledged` and `vms` of one moment. */
  describe(): Promise<Omit<Hello, "protocol" | "hostId">>;
  dispatch: Dispatch;
  outbox: Outbox;
  /** A link is up; `rpc` is where notifications and samples go until the next. */
  onUp(rpc: Rpc, welcome: Welcome): void;
  onDown(): void;
  log: Log;
}
export interface Link {
  /** Progress of a call, on whatever link there is now; lost when there is none. */
  progress(progress: NotificationParams<"progress">): void;
  /** Closes the link for good. */
  close(): Promise<void>;
}

interface Session {
  rpc: Rpc;
  identity: Identity;
}
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 15_000;
/** Between dials of an engine that refuses this host. */
const REFUSED_DELAY_MS = 60_000;
/** A link that lasted this long was a good one: the back-off starts anew. */
const GOOD_LINK_MS = 10_000;
const RENEWAL_RETRY_MS = 60_000;
/** How long the link before may go on answering calls after a new one took over. */
const DRAIN_MS = 10_000;
const CLOSE_MS = 1_000;

/** Keeps one link to the engine: dials, says hello, renews the certificate in time and moves to a new link with it. */
export function createLink(options: LinkOptions): Link {
  const { outbox, log } = options;
  const stop = new AbortController();
  let current: Session | null = null;
  let attempt = 0;
  let complaint = "";

  const isCurrent = (session: Session) => current === session;
  const take = (session: Session, welcome: Welcome) => {
    const before = current;
    current = session;
    outbox.acknowledge(welcome.acknowledged);
    outbox.attach(async (events: NumberedEvent[]) => (await session.rpc.request("events", { events })).acknowledged);
    options.onUp(session.rpc, welcome);
    complaint = "";
    void release(session);
    if (before) void drain(before.rpc);
  };
  const release = async (session: Session) => {
    const since = Date.now();
    const { code, reason } = await session.rpc.closed;
    if (Date.now() - since > GOOD_LINK_MS) attempt = 0;
    if (!isCurrent(session)) return;
    current = null;
    outbox.attach(null);
    options.onDown();
    log("warn", "link to the engine ended", { code, reason });
  };
  const complain = (error: unknown) => {
    const reason = reasonOf(error);
    if (!stop.signal.aborted && reason !== complaint)
      log("warn", "the engine cannot be reached", { reason, refused: error instanceof DialRefused });
    complaint = reason;
  };

  const keepLinked = async () => {
    while (!stop.signal.aborted) {
      const delay = await connectOnce(options, stop.signal, take).then(
        async (session) => {
          const code = await lifeOf(session, options, stop.signal);
          return code === null ? 0 : isLasting(code) ? REFUSED_DELAY_MS : LONGEST_DELAY_MS;
        },
        (error: unknown) => {
          complain(error);
          return error instanceof DialRefused ? REFUSED_DELAY_MS : LONGEST_DELAY_MS;
        },
      );
      if (delay > 0)
        await pause(delay === REFUSED_DELAY_MS ? delay * (0.5 + Math.random()) : jittered(attempt++, FIRST_DELAY_MS, delay), stop.signal);
    }
  };
  const running = keepLinked();

  return {
    progress: (progress) => current?.rpc.notify("progress", progress),
    async close() {
      stop.abort();
      current?.rpc.close(CloseCode.GOING_AWAY, "agent stops");
      await Promise.race([running, pause(CLOSE_MS)]);
    },
  };
}

/** Dials and says hello; the session is taken into use before anything else can happen on it. */
async function connectOnce(options: LinkOptions, stop: AbortSignal, take: (session: Session, welcome: Welcome) => void): Promise<Session> {
  const identity = await options.loadIdentity();
  const socket = await dial(identity, stop);
  keepAlive(socket);
  const rpc = createRpc(socket, options.dispatch);
  try {
    const hello: Hello = { protocol: { ...PROTOCOL }, hostId: identity.hostId, ...(await options.describe()) };
    const welcome = await Promise.race([rpc.request("hello", hello), rpc.closed.then(refuseHello)]);
    if (welcome.protocol.major !== PROTOCOL.major) throw new DialRefused(`the engine speaks version ${welcome.protocol.major}`);
    const session = { rpc, identity };
    take(session, welcome);
    options.log("info", "link to the engine is up", { engine: identity.engine, engineVersion: welcome.engineVersion });
    return session;
  } catch (error) {
    rpc.close(CloseCode.GOING_AWAY, "hello failed");
    throw error;
  }
}

function refuseHello({ code, reason }: { code: number; reason: string }): never {
  const message = `closed with ${code} ${reason}`;
  throw isLasting(code) ? new DialRefused(message) : new Error(message);
}

/** Resolves with the close code when the link ends, or with null when its certificate was renewed: time to dial anew. */
async function lifeOf({ rpc, identity }: Session, options: LinkOptions, stop: AbortSignal): Promise<number | null> {
  const ended = new AbortController();
  const closed = rpc.closed.then(({ code }) => (ended.abort(), code));
  const renewed = renewInTime(rpc, identity, options, AbortSignal.any([ended.signal, stop]));
  return Promise.race([closed, renewed.then((done) => (done ? null : closed))]);
}

/** Waits for two thirds of the certificate's life, then renews it, as often as it takes. False when the link ended first. */
async function renewInTime(rpc: Rpc, identity: Identity, { saveIdentity, log }: LinkOptions, ended: AbortSignal): Promise<boolean> {
  for (let due = renewalTime(identity.certificate); ; due = Date.now() + RENEWAL_RETRY_MS) {
    while (!ended.aborted && Date.now() < due) await pause(Math.min(due - Date.now(), 2 ** 30), ended);
    if (ended.aborted) return false;
    try {
      const { key, csr } = await createRequest();
      const { certificate, ca, expiresAt } = await rpc.request("renew", { csr }, DEFAULT_DEADLINE_MS);
      await saveIdentity({ ...identity, key, certificate, ca });
      log("info", "certificate renewed", { expiresAt: new Date(expiresAt).toISOString() });
      return true;
    } catch (error) {
      log("warn", "certificate could not be renewed", { reason: reasonOf(error) });
    }
  }
}

/** Lets the calls that came over this link be answered on it. */
async function drain(rpc: Rpc): Promise<void> {
  const until = Date.now() + DRAIN_MS;
  while (rpc.underWay > 0 && Date.now() < until) await pause(50);
  rpc.close(1000, "moved to a new link");
}
