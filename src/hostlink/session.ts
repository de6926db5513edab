import type { Logger } from "pino";
import type { RawData, WebSocket } from "ws";
import { CloseCode, type EngineResult } from "../../schema/hostlink.ts";
import { decodeSample } from "../../schema/hostlinkStatistics.ts";
import type { HostObserver } from "../domain/host/ports.ts";
import type { Directory, LiveLink } from "./directory.ts";
import { readFrame, type Refusal } from "./frames.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { answerRequests } from "./requests.ts";
import { rpcOver, type Rpc } from "./rpc.ts";
import { createSlots, type Slots } from "./slots.ts";

/** Who dialled, by its certificate. */
export interface Peer {
  hostId: string;
  certificateExpiresAt: Date;
  address: string;
}
export interface SessionServices {
  directory: Directory;
  observer: HostObserver;
  /** Throws OvertError INVALID for a request that cannot be signed. */
  renew(hostId: string, csr: string): Promise<EngineResult<"renew">>;
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
  /** `silent` until the hello arrives, `greeting` while the domain takes it in. */
  stage: "silent" | "greeting" | "live" | "ended";
  incarnation: string;
  /** Set once hello succeeded, and kept after the end. */
  link: LiveLink | null;
  /** Why it ended. */
  endReason: string;
  end(refusal: Refusal): void;
}

/** Speaks with an admitted agent until the socket closes, the agent breaks the contract, or `cut` fires with a Refusal as its reason. */
export function startSession(socket: WebSocket, peer: Peer, cut: AbortSignal, services: SessionServices): Session {
  const rpc = rpcOver(socket);
  const session: Session = { peer, rpc, slots: createSlots(), stage: "silent", incarnation: "", link: null, endReason: "", end };
  const timeout = (reason: string) => end({ code: CloseCode.TIMEOUT, reason });
  const helloTimer = setTimeout(() => session.stage === "silent" && timeout("no hello came"), services.helloMs);
  const heartbeat = startHeartbeat(socket, services.heartbeatMs, () => timeout("nothing arrived for three heartbeats"));
  const onCut = () => end(cut.reason as Refusal);

  function end(refusal: Refusal): void {
    if (session.stage === "ended") return;
    session.stage = "ended";
    session.endReason = refusal.reason;
    clearTimeout(helloTimer);
    heartbeat.stop();
    cut.removeEventListener("abort", onCut);
    rpc.connection.dispose();
    socket.close(refusal.code, closeText(refusal.reason));
    services.log.warn({ hostId: peer.hostId, address: peer.address, code: refusal.code, reason: refusal.reason }, "host link ended");
    if (session.link !== null) services.directory.leave(session.link, refusal.reason);
  }

  cut.addEventListener("abort", onCut);
  ownCloseCodes(socket);
  socket.on("message", (data: RawData, binary: boolean) => receive(session, services, data as Buffer, binary));
  socket.on("error", (error) => end({ code: CloseCode.MALFORMED, reason: error.message }));
  socket.on("close", (code) => end({ code: CloseCode.GOING_AWAY, reason: `the connection was closed (${code})` }));
  answerRequests(session, services);
  rpc.connection.listen();
  return session;
}

function receive(session: Session, services: SessionServices, data: Buffer, binary: boolean): void {
  if (session.stage === "ended") return;
  const problem = binary ? takeSample(session, services, data) : takeText(session, data.toString());
  if (problem !== null) session.end(problem);
}

const malformed = (reason: string): Refusal => ({ code: CloseCode.MALFORMED, reason });

function takeText(session: Session, text: string): Refusal | null {
  const frame = readFrame(text);
  if ("refusal" in frame) return frame.refusal;
  const isHello = "method" in frame.message && frame.message.method === "hello";
  if (isHello !== (session.stage === "silent")) return malformed(isHello ? "a second hello" : "hello must come first");
  session.rpc.receive(frame.message);
  return null;
}

function takeSample(session: Session, { observer }: SessionServices, data: Buffer): Refusal | null {
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
