import { X509Certificate } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Logger } from "pino";
import { WebSocketServer, type WebSocket } from "ws";
import { MAX_FRAME_BYTES } from "../../schema/hostlink.ts";
import type { Admission } from "../domain/host/ports.ts";
import { hostIdOf, type Authority, type ServerIdentity } from "./authority.ts";
import type { Directory } from "./directory.ts";
import type { Refusal } from "./frames.ts";
import type { Peer } from "./session.ts";

/** How long a peer has for its TLS handshake, for its request, and for its half of a close, in ms. */
const HANDSHAKE_MS = 20_000;
const REQUEST_MS = 15_000;
const CLOSE_MS = 1_000;
const RENEWAL_CHECK_MS = 3_600_000;

export interface ListenerServices {
  authority: Authority;
  admission: Admission;
  directory: Directory;
  log: Logger;
  enroll(request: IncomingMessage, response: ServerResponse): Promise<void>;
  accept(socket: WebSocket, peer: Peer, cut: AbortSignal): void;
}
export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/** Opens the port on which hosts enrol and dial. `addresses` are the DNS names and IP addresses hosts reach it by. */
export async function listen(
  where: { port: number; host: string | undefined; addresses: readonly string[] },
  services: ListenerServices,
): Promise<Listener> {
  const { authority, log } = services;
  let identity = await authority.serverIdentity(where.addresses);
  const server = https.createServer({
    ...secureContext(identity, authority),
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: HANDSHAKE_MS,
  });
  server.headersTimeout = REQUEST_MS;
  server.requestTimeout = REQUEST_MS;
  server.on("request", (request, response) => void services.enroll(request, response));
  server.on("upgrade", upgrades(services));
  server.on("tlsClientError", (error, socket) =>
    log.debug({ address: socket.remoteAddress, reason: error.message }, "TLS handshake failed"),
  );
  const renewal = setInterval(async () => {
    if (!isDue(identity)) return;
    identity = await authority.serverIdentity(where.addresses);
    server.setSecureContext(secureContext(identity, authority));
    log.info({ expiresAt: identity.expiresAt }, "server certificate renewed");
  }, RENEWAL_CHECK_MS);
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(where.port, where.host, resolve));
  const connections = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  const close = async () => {
    clearInterval(renewal);
    const stragglers = setTimeout(() => connections.forEach((socket) => socket.destroy()), 2 * CLOSE_MS);
    await new Promise<void>((resolve) => server.close(() => resolve()));
    clearTimeout(stragglers);
  };
  return { port: (server.address() as AddressInfo).port, close };
}

const secureContext = (identity: ServerIdentity, authority: Authority) =>
  ({ cert: identity.certificate, key: identity.key, ca: authority.ca, minVersion: "TLSv1.3" }) as const;

/** A server certificate is replaced when a third of its life is left. */
function isDue({ certificate, expiresAt }: ServerIdentity): boolean {
  const from = new X509Certificate(certificate).validFromDate.getTime();
  return Date.now() > expiresAt.getTime() - (expiresAt.getTime() - from) / 3;
}

/** An HTTP status with which a dial is refused, and why: the agent logs it too. */
interface Denial {
  status: string;
  reason: string;
}

function upgrades(services: ListenerServices) {
  const options = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
    closeTimeout: CLOSE_MS,
  };
  const sockets = new WebSocketServer(options);
  return async (request: IncomingMessage, socket: TLSSocket, head: Buffer): Promise<void> => {
    socket.on("error", () => socket.destroy());
    const peer = identify(request, socket);
    if ("status" in peer) return deny(services.log, socket, peer);
    const dial = services.directory.open(peer.hostId);
    socket.once("close", dial.close);
    const denial = await judge(services, peer, dial.signal);
    if (denial !== null) return deny(services.log, socket, denial, peer.hostId);
    if (socket.destroyed) return;
    socket.setNoDelay(true);
    sockets.handleUpgrade(request, socket, head, (link) => services.accept(link, peer, dial.signal));
  };
}

/** The host that a valid certificate of ours names. */
function identify(request: IncomingMessage, socket: TLSSocket): (Peer & { serial: string }) | Denial {
  if (request.url !== "/hostlink") return { status: "404 Not Found", reason: `no such path: ${request.url}` };
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { status: "401 Unauthorized", reason: "no client certificate" };
  if (!socket.authorized) return { status: "401 Unauthorized", reason: `certificate not accepted: ${socket.authorizationError}` };
  // A resumed TLS session keeps its first verdict, even after the certificate has expired.
  if (certificate.validToDate.getTime() < Date.now()) return { status: "401 Unauthorized", reason: "certificate expired" };
  const hostId = hostIdOf(certificate.subjectAltName);
  if (hostId === null) return { status: "403 Forbidden", reason: `certificate names no host: ${certificate.subjectAltName}` };
  const serial = certificate.serialNumber.toLowerCase();
  return { hostId, serial, certificateExpiresAt: certificate.validToDate, address: socket.remoteAddress ?? "" };
}

async function judge({ admission, log }: ListenerServices, peer: Peer & { serial: string }, cut: AbortSignal): Promise<Denial | null> {
  try {
    const refusal = await admission.refusal(peer.hostId, peer.serial);
    if (refusal !== null) return { status: "403 Forbidden", reason: refusal };
    return cut.aborted ? { status: "403 Forbidden", reason: (cut.reason as Refusal).reason } : null;
  } catch (error) {
    log.error({ hostId: peer.hostId, err: error }, "a dial could not be judged");
    return { status: "503 Service Unavailable", reason: "admission failed" };
  }
}

function deny(log: Logger, socket: TLSSocket, denial: Denial, hostId?: string): void {
  log.warn({ hostId, address: socket.remoteAddress, reason: denial.reason }, "host link refused");
  const head = [
    `HTTP/1.1 ${denial.status}`,
    "Connection: close",
    "Content-Type: text/plain",
    `Content-Length: ${Buffer.byteLength(denial.reason)}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${denial.reason}`);
}
