import { ErrorCodes, ResponseError } from "vscode-jsonrpc/node";
import {
  CloseCode,
  PROTOCOL,
  type EngineMethod,
  type EngineParams,
  type EngineResult,
  type NotificationParams,
} from "../../schema/hostlink.ts";
import { OvertError } from "../errors.ts";
import { createCalls } from "./calls.ts";
import type { LiveLink } from "./directory.ts";
import type { Session, SessionServices } from "./session.ts";

/** An agent sends few requests at a time; one that never waits for answers must not fill the engine's memory. */
const MAX_UNANSWERED = 256;

/** Serves what an agent asks and tells. Parameters were checked when the frame was read. */
export function answerRequests(session: Session, services: SessionServices): void {
  const { connection } = session.rpc;
  let unanswered = 0;
  const serve = <M extends EngineMethod>(method: M, handle: (params: EngineParams<M>) => Promise<EngineResult<M>>) =>
    connection.onRequest(method, async (params: EngineParams<M>) => {
      unanswered += 1;
      if (unanswered > MAX_UNANSWERED) session.end({ code: CloseCode.MALFORMED, reason: "too many unanswered requests" });
      try {
        return await handle(params);
      } catch (error) {
        throw toResponseError(error);
      } finally {
        unanswered -= 1;
      }
    });
  serve("hello", (hello) => greet(session, services, hello));
  serve("events", ({ events }) => takeEvents(session, services, events));
  serve("renew", ({ csr }) => services.renew(session.peer.hostId, csr));
  connection.onNotification("slots", ({ generation, vmIds }: NotificationParams<"slots">) => session.slots.put(generation, vmIds));
  connection.onNotification("progress", (progress: NotificationParams<"progress">) => session.link?.calls.progress(progress));
}

async function greet(session: Session, services: SessionServices, hello: EngineParams<"hello">): Promise<EngineResult<"hello">> {
  const { peer } = session;
  const { directory, observer, log } = services;
  session.stage = "greeting";
  session.incarnation = hello.incarnation;
  if (hello.hostId !== peer.hostId) return refuse(session, CloseCode.MALFORMED, `hello names host ${hello.hostId}`);
  const accepted = await directory.inOrder(peer.hostId, async () => {
    if (session.stage === "ended") return refuse(session, CloseCode.GOING_AWAY, "ended before its hello was taken in");
    try {
      const answer = await observer.hello(peer.hostId, hello);
      goLive(session, services, hello.capabilities);
      return answer;
    } catch (error) {
      log.warn({ hostId: peer.hostId, err: error }, "hello refused");
      return refuse(session, isForbidden(error) ? CloseCode.REVOKED : CloseCode.GOING_AWAY, "hello was refused");
    }
  });
  log.info(
    { hostId: peer.hostId, address: peer.address, incarnation: hello.incarnation, agent: hello.host.versions.agent },
    "host link up",
  );
  return {
    protocol: PROTOCOL,
    engineVersion: services.engineVersion,
    statisticsIntervalMs: accepted.statisticsIntervalMs,
    acknowledged: accepted.acknowledged,
    certificateExpiresAt: peer.certificateExpiresAt.getTime(),
  };
}

function goLive(session: Session, { directory }: SessionServices, capabilities: readonly string[]): void {
  const calls = createCalls(session.rpc.connection, capabilities, (reason) => session.end({ code: CloseCode.MALFORMED, reason }));
  const isEnded = () => session.stage === "ended";
  const link: LiveLink = {
    hostId: session.peer.hostId,
    calls,
    get ended() {
      return isEnded();
    },
    end: session.end,
  };
  session.link = link;
  directory.enter(link);
  // The socket may have closed while the domain took the hello in: then the domain must hear of that too.
  if (isEnded()) directory.leave(link, session.endReason);
  else session.stage = "live";
}

function takeEvents(
  session: Session,
  services: SessionServices,
  events: EngineParams<"events">["events"],
): Promise<EngineResult<"events">> {
  const { hostId } = session.peer;
  return services.directory.inOrder(hostId, async () => {
    if (session.stage !== "live") return refuse(session, CloseCode.MALFORMED, "events on a link that is not live");
    try {
      return { acknowledged: await services.observer.events(hostId, session.incarnation, events) };
    } catch (error) {
      // The agent keeps what was not acknowledged and brings it again with its next hello.
      services.log.error({ hostId, err: error }, "events were not committed");
      return refuse(session, CloseCode.GOING_AWAY, "events were not committed");
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
