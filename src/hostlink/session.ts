import type { Logger } from "pino";
import type { NotificationMessage, RequestMessage } from "vscode-jsonrpc/node";
import type { RawData, WebSocket } from "ws";
import { CloseCode, type EngineResult, type NotificationParams } from "../../schema/hostlink.ts";
import { MOST_LIVE_FRAME_BYTES, MOST_TEXT } from "../../schema/hostlinkLimits.ts";
import { decodeSample } from "../../schema/hostlinkStatistics.ts";
import { soundText } from "../../schema/hostlinkText.ts";
import type { HostObserver, LinkOrigin } from "../domain/host/ports.ts";
import type { Pace } from "../pace.ts";
import type { Directory, LiveLink } from "./directory.ts";
import { readFrame, type Refusal } from "./frames.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { limitIntake } from "./intake.ts";
import { answerRequests } from "./requests.ts";
import { rpcOver, type Rpc } from "./rpc.ts";
import { createSlots, type Slots } from "./slots.ts";
import type { Unanswered, UnansweredOfLink } from "./unanswered.ts";

/** Who dialled, by its certificate. */
export interface Peer extends LinkOrigin {
  hostId: string;
  /** The link ends then: its certificate does, or a newer one has taken its place. */
  until: Date;
}
export interface SessionServices {
  directory: Directory;
  observer: HostObserver;
  /** Throws OvertError INVALID for a request that cannot be signed, RATE_LIMITED. */
  renew(peer: Peer, csr: string): Promise<EngineResult<"renew">>;
  unanswered: Unanswered;
  /** Of the events of a host, over all its links. */
  eventPace(hostId: string): Pace;
  log: Logger;
  engineVersion: string;
  heartbeatMs: number;
  /** How long a link may wait with its hello, in ms. */
  helloMs: number;
}
/** One link of one host, from its admission to its end. */
export interface Session {
  readonly peer: Peer;
  readonly rpc: Rpc;
  readonly slots: Slots;
  readonly unanswered: UnansweredOfLink;
  /** `silent` until the hello arrives, `greeting` while the domain takes it in. */
  stage: "silent" | "greeting" | "live" | "ended";
  incarnation: string;
  /** Samples that come more often than asked are left out; set once hello succeeded. */
  samplePace: Pace | null;
  /** Set once hello succeeded, and kept after the end. */
  link: LiveLink | null;
  /** Why it ended. */
  endReason: string;
  end(refusal: Refusal): void;
}

/** Looks at the clock at least this often, because it may be set, in ms. */
const CLOCK_MS = 30_000;

/** Speaks with an admitted agent until the socket closes, its certificate ends, the agent breaks the contract, or `cut` fires with a Refusal as its reason. */
export function startSession(socket: WebSocket, peer: Peer, cut: AbortSignal, services: SessionServices): Session {
  const { hostId } = peer;
  const session: Session = { ...newSession(peer, socket, services), end };
  const timeout = (reason: string) => end({ code: CloseCode.TIMEOUT, reason });
  const helloTimer = setTimeout(() => session.stage === "silent" && timeout("no hello came"), services.helloMs);
  const heartbeat = startHeartbeat(socket, services.heartbeatMs, () => timeout("nothing arrived for three heartbeats"));
  const stopClock = atTheEnd(peer.until, () => end({ code: CloseCode.EXPIRED, reason: "the certificate has ended" }));
  const intake = limitIntake(socket, end);
  const onCut = () => end(cut.reason as Refusal);

  function end({ code, reason: why }: Refusal): void {
    if (session.stage === "ended") return;
    const reason = soundText(why, MOST_TEXT);
    session.stage = "ended";
    session.endReason = reason;
    clearTimeout(helloTimer);
    heartbeat.stop();
    stopClock();
    intake.stop();
    cut.removeEventListener("abort", onCut);
    session.rpc.connection.dispose();
    session.unanswered.linkEnded();
    socket.close(code, closeText(reason));
    services.log.warn({ hostId, address: peer.address, code, reason }, "host link ended");
    if (session.link !== null) services.directory.leave(session.link, reason);
  }

  cut.addEventListener("abort", onCut);
  ownCloseCodes(socket);
  socket.on("message", (data: RawData, binary: boolean) => {
    intake.took((data as Buffer).length);
    receive(session, services, data as Buffer, binary);
  });
  socket.on("error", (error) => end({ code: CloseCode.MALFORMED, reason: error.message }));
  socket.on("close", (code) => end({ code: CloseCode.GOING_AWAY, reason: `the connection was closed (${code})` }));
  answerRequests(session, services);
  session.rpc.connection.listen();
  if (cut.aborted) onCut();
  return session;
}

const newSession = (peer: Peer, socket: WebSocket, { unanswered }: SessionServices): Omit<Session, "end"> => ({
  peer,
  rpc: rpcOver(socket),
  slots: createSlots(),
  unanswered: unanswered.link(peer.hostId),
  stage: "silent",
  incarnation: "",
  samplePace: null,
  link: null,
  endReason: "",
});

/** Calls `end` at that time by the clock on the wall, whatever happens to that. */
function atTheEnd(until: Date, end: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    const left = until.getTime() - Date.now();
    timer = setTimeout(left <= 0 ? end : wait, Math.max(0, Math.min(left, CLOCK_MS)));
  };
  wait();
  return () => clearTimeout(timer);
}

function receive(session: Session, services: SessionServices, data: Buffer, binary: boolean): void {
  if (session.stage === "ended") return;
  try {
    const problem = binary ? takeSample(session, services, data) : takeText(session, data);
    if (problem !== null) session.end(problem);
  } catch (error) {
    // Thrown out of here it would end the process.
    services.log.error({ hostId: session.peer.hostId, err: error }, "a frame could not be taken");
    session.end(malformed("a frame could not be taken"));
  }
}

const malformed = (reason: string): Refusal => ({ code: CloseCode.MALFORMED, reason });

function takeText(session: Session, data: Buffer): Refusal | null {
  const silent = session.stage === "silent";
  if (!silent && data.length > MOST_LIVE_FRAME_BYTES) return malformed(`a frame of ${data.length} bytes`);
  const frame = readFrame(data);
  if ("refusal" in frame) return frame.refusal;
  const { message } = frame;
  const isHello = "method" in message && message.method === "hello";
  if (isHello !== silent) return malformed(isHello ? "a second hello" : "hello must come first");
  if ("method" in message && "id" in message) {
    const excess = session.unanswered.arrived((message as RequestMessage & { params: object }).params, data.length);
    if (excess !== null) return malformed(excess);
  }
  // At once, because a sample in a binary frame may be next.
  if ("method" in message && message.method === "slots") {
    const { generation, vmIds } = (message as NotificationMessage & { params: NotificationParams<"slots"> }).params;
    session.slots.put(generation, vmIds);
    return null;
  }
  // To make room its link may have been ended.
  if (session.stage !== "ended") session.rpc.receive(message);
  return null;
}

function takeSample(session: Session, { observer }: SessionServices, data: Buffer): Refusal | null {
  if (session.samplePace?.tryTake(1) === false) return null;
  const sample = decodeSample(data);
  if (sample === null) return malformed("not a statistics frame");
  const vmIds = session.slots.get(sample.generation);
  if (session.stage !== "live" || vmIds === undefined) return null;
  if (vmIds.length !== sample.vmCount) return malformed(`${sample.vmCount} VMs in a frame whose slot table has ${vmIds.length}`);
  observer.statistics(session.peer.hostId, sample, vmIds);
  return null;
}

const isProtocolError = (code: number) => code >= 1002 && code <= 1010;

// ws closes by itself on broken or oversized frames, with codes of its own; the contract has one for all of them.
function ownCloseCodes(socket: WebSocket): void {
  const close = socket.close.bind(socket);
  socket.close = (code, reason) => close(code !== undefined && isProtocolError(code) ? CloseCode.MALFORMED : code, reason);
}

// A close frame has room for 123 bytes.
const closeText = (reason: string) => reason.replace(/[^\x20-\x7e]/g, "?").slice(0, 120);
