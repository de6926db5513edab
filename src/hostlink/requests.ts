import { setTimeout as sleep } from "node:timers/promises";
import { ErrorCodes, ResponseError } from "vscode-jsonrpc/node";
import {
  Capability,
  CloseCode,
  PROTOCOL,
  type EngineMethod,
  type EngineParams,
  type EngineResult,
  type NotificationParams,
} from "../../schema/hostlink.ts";
import { OvertError } from "../errors.ts";
import { createPace } from "../pace.ts";
import { createCalls } from "./calls.ts";
import type { LiveLink } from "./directory.ts";
import type { Session, SessionServices } from "./session.ts";

/** Samples may come a little early, and together after a stall; not twice as often as asked. */
const SAMPLE_BURST = 5;
const EARLY = 1.5;
/** A batch of events is held back no longer than this, in ms. */
const LONGEST_REST_MS = 10_000;

/** Serves what an agent asks and tells. Parameters were checked when the frame was read. */
export function answerRequests(session: Session, services: SessionServices): void {
  const { connection } = session.rpc;
  const serve = <M extends EngineMethod>(method: M, handle: (params: EngineParams<M>) => Promise<EngineResult<M>>) =>
    connection.onRequest(method, async (params: EngineParams<M>) => {
      const answered = session.unanswered.started(params);
      try {
        return await handle(params);
      } catch (error) {
        throw toResponseError(error);
      } finally {
        answered();
      }
    });
  serve("hello", (hello) => greet(session, services, hello));
  serve("events", ({ events }) => takeEvents(session, services, events));
  serve("renew", ({ csr }) => services.renew(session.peer, csr));
  connection.onNotification("progress", (progress: NotificationParams<"progress">) => session.link?.calls.progress(progress));
}

async function greet(session: Session, services: SessionServices, hello: EngineParams<"hello">): Promise<EngineResult<"hello">> {
  const { peer } = session;
  const { directory, observer, log } = services;
  session.stage = "greeting";
  session.incarnation = hello.incarnation;
  if (hello.hostId !== peer.hostId) return refuse(session, CloseCode.MALFORMED, `hello names host ${hello.hostId}`);
  const accepted = await directory.inOrder(peer.hostId, async () => {
    if (isEnded(session)) return refuse(session, CloseCode.GOING_AWAY, "ended before its hello was taken in");
    services.eventPace(peer.hostId).take(hello.unacknowledged.length);
    try {
      const answer = await observer.hello(peer.hostId, hello, peer);
      session.samplePace = createPace(SAMPLE_BURST, (EARLY * 1_000) / answer.statisticsIntervalMs);
      goLive(session, services, hello.capabilities);
      return answer;
    } catch (error) {
      log.warn({ hostId: peer.hostId, err: error }, "hello refused");
      return refuse(session, isForbidden(error) ? CloseCode.REVOKED : CloseCode.GOING_AWAY, "hello was refused");
    }
  });
  const agent = hello.host.versions.agent.slice(0, 40);
  log.info({ hostId: peer.hostId, address: peer.address, incarnation: hello.incarnation, agent }, "host link up");
  return {
    protocol: PROTOCOL,
    engineVersion: services.engineVersion,
    statisticsIntervalMs: accepted.statisticsIntervalMs,
    acknowledged: accepted.acknowledged,
    certificateExpiresAt: peer.certificate.expiresAt.getTime(),
  };
}

const isEnded = (session: Session) => session.stage === "ended";

function goLive(session: Session, { directory }: SessionServices, offered: readonly string[]): void {
  const capabilities = Capability.options.filter((capability) => offered.includes(capability));
  const calls = createCalls(session.rpc.connection, capabilities, (reason) => session.end({ code: CloseCode.MALFORMED, reason }));
  const link: LiveLink = {
    hostId: session.peer.hostId,
    calls,
    get ended() {
      return isEnded(session);
    },
    end: session.end,
  };
  session.link = link;
  directory.enter(link);
  // The socket may have closed while the domain took the hello in: then the domain must hear of that too.
  if (isEnded(session)) directory.leave(link, session.endReason);
  else session.stage = "live";
}

function takeEvents(
  session: Session,
  services: SessionServices,
  events: EngineParams<"events">["events"],
): Promise<EngineResult<"events">> {
  const { peer, incarnation } = session;
  return services.directory.inOrder(peer.hostId, async () => {
    // Only this host waits, and sends no more until it is answered.
    const rest = session.stage === "live" ? services.eventPace(peer.hostId).take(events.length) : 0;
    if (rest > 0) await sleep(Math.min(rest, LONGEST_REST_MS));
    if (session.stage !== "live") return refuse(session, CloseCode.MALFORMED, "events on a link that is not live");
    try {
      return { acknowledged: await services.observer.events(peer.hostId, incarnation, events, peer) };
    } catch (error) {
      // The agent keeps what was not acknowledged and brings it again with its next hello.
      services.log.error({ hostId: peer.hostId, err: error }, "events were not committed");
      const malformed = error instanceof OvertError && error.code === "INVALID";
      return refuse(session, malformed ? CloseCode.MALFORMED : CloseCode.GOING_AWAY, "events were not committed");
    }
  });
}

function refuse(session: Session, code: (typeof CloseCode)[keyof typeof CloseCode], reason: string): never {
  session.end({ code, reason });
  throw new OvertError("FORBIDDEN", reason);
}

const isForbidden = (error: unknown) => error instanceof OvertError && (error.code === "FORBIDDEN" || error.code === "NOT_FOUND");

function toResponseError(error: unknown): ResponseError<{ code: string }> {
  if (!(error instanceof OvertError)) return new ResponseError(ErrorCodes.InternalError, "Internal error.", { code: "INTERNAL" });
  const rpcCode = error.code === "INVALID" ? ErrorCodes.InvalidParams : ErrorCodes.InternalError;
  return new ResponseError(rpcCode, error.message, { code: error.code });
}
