import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import type { Logger } from "pino";
import { WebSocketServer, type WebSocket } from "ws";
import { MAX_FRAME_BYTES } from "../../schema/hostlink.ts";
import type { Admission, LinkCertificate } from "../domain/host/ports.ts";
import { createPaces } from "../pace.ts";
import { describeCertificate, hostIdOf } from "./authority.ts";
import type { Directory } from "./directory.ts";
import type { Refusal } from "./frames.ts";
import type { Pending } from "./pending.ts";
import type { Peer } from "./session.ts";

/** How long a peer has for its half of a close, in ms. */
export const CLOSE_MS = 1_000;
/** Dials of one host: so many at once, and then so many a second. Each may bring a hello as large as a frame. */
const DIALS = 30;
const DIALS_PER_SECOND = 0.5;
const MOST_HOSTS = 20_000;
/** Refused dials of one address that are logged. */
const REFUSALS_LOGGED = 50;
const REFUSALS_LOGGED_PER_SECOND = 0.2;

export interface UpgradeServices {
  admission: Admission;
  directory: Directory;
  log: Logger;
  accept(socket: WebSocket, peer: Peer, cut: AbortSignal): void;
}

/** An HTTP status with which a dial is refused, and why: the agent logs it too. */
interface Denial {
  status: string;
  reason: string;
}
interface Dialler {
  hostId: string;
  address: string;
  certificate: LinkCertificate;
}

/** Answers `upgrade` requests: whoever shows a good certificate of a host gets a link. */
export function createUpgrades(services: UpgradeServices, pending: Pending) {
  const { log } = services;
  const options = { noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: MAX_FRAME_BYTES, closeTimeout: CLOSE_MS };
  const sockets = new WebSocketServer(options);
  const paces = createPaces(DIALS, DIALS_PER_SECOND, MOST_HOSTS);
  const logPaces = createPaces(REFUSALS_LOGGED, REFUSALS_LOGGED_PER_SECOND, MOST_HOSTS);
  const deny = (socket: TLSSocket, denial: Denial, hostId?: string) => {
    const address = socket.remoteAddress ?? "";
    if (logPaces(address).tryTake(1)) log.warn({ hostId, address, reason: denial.reason }, "host link refused");
    refuse(socket, denial);
  };
  const upgrade = async (request: IncomingMessage, socket: TLSSocket, head: Buffer): Promise<void> => {
    const dialler = identify(request, socket);
    if ("status" in dialler) return deny(socket, dialler);
    const { hostId } = dialler;
    // Not the host's fault, to its agent: it dials again a little later.
    if (!paces(hostId).tryTake(1)) return deny(socket, { status: "503 Service Unavailable", reason: "too many dials" }, hostId);
    const dial = services.directory.open(hostId);
    socket.once("close", dial.close);
    const peer = await judge(services, dialler, dial.signal);
    if ("status" in peer) return deny(socket, peer, hostId);
    if (socket.destroyed) return;
    socket.setNoDelay(true);
    sockets.handleUpgrade(request, socket, head, (link) => {
      pending.settled(socket);
      services.accept(link, peer, dial.signal);
    });
  };
  return (request: IncomingMessage, socket: TLSSocket, head: Buffer): void => {
    socket.on("error", () => socket.destroy());
    upgrade(request, socket, head).catch((error: unknown) => {
      log.error({ address: socket.remoteAddress, err: error }, "a dial failed");
      socket.destroy();
    });
  };
}

/** The host that a valid certificate of ours names. */
function identify(request: IncomingMessage, socket: TLSSocket): Dialler | Denial {
  if (request.url !== "/hostlink") return { status: "404 Not Found", reason: "no such path" };
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { status: "401 Unauthorized", reason: "no client certificate" };
  if (!socket.authorized) return { status: "401 Unauthorized", reason: `certificate not accepted: ${socket.authorizationError}` };
  // A resumed TLS session keeps its first verdict, even after the certificate has expired.
  if (certificate.validToDate.getTime() < Date.now()) return { status: "401 Unauthorized", reason: "certificate expired" };
  const hostId = hostIdOf(certificate.subjectAltName);
  if (hostId === null) return { status: "403 Forbidden", reason: `certificate names no host: ${certificate.subjectAltName}` };
  return { hostId, address: socket.remoteAddress ?? "", certificate: describeCertificate(certificate) };
}

async function judge({ admission, log }: UpgradeServices, dialler: Dialler, cut: AbortSignal): Promise<Peer | Denial> {
  const { hostId, certificate } = dialler;
  try {
    const verdict = await admission.judge(hostId, certificate.serial);
    if ("refusal" in verdict) return { status: "403 Forbidden", reason: verdict.refusal };
    if (cut.aborted) return { status: "403 Forbidden", reason: (cut.reason as Refusal).reason };
    const { until, issuedAt } = verdict;
    return { ...dialler, certificate: { ...certificate, issuedAt: issuedAt ?? certificate.issuedAt }, until };
  } catch (error) {
    log.error({ hostId, err: error }, "a dial could not be judged");
    return { status: "503 Service Unavailable", reason: "admission failed" };
  }
}

function refuse(socket: TLSSocket, denial: Denial): void {
  const head = [
    `HTTP/1.1 ${denial.status}`,
    "Connection: close",
    "Content-Type: text/plain",
    `Content-Length: ${Buffer.byteLength(denial.reason)}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${denial.reason}`);
}
