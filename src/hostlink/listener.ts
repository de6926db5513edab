import { X509Certificate } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import https from "node:https";
import { createServer, type AddressInfo, type Socket } from "node:net";
import type { Authority, ServerIdentity } from "./authority.ts";
import { createGate } from "./gate.ts";
import { createPending } from "./pending.ts";
import { CLOSE_MS, createUpgrades, type UpgradeServices } from "./upgrades.ts";

/** How long a peer has for its TLS handshake, in ms; for all until it is a link it has PATIENCE_MS. */
const HANDSHAKE_MS = 20_000;
/** Connections that the operating system holds until they are taken: when an engine comes back, all hosts dial at once. */
const BACKLOG = 4_096;
const RENEWAL_CHECK_MS = 3_600_000;

export interface ListenerServices extends UpgradeServices {
  authority: Authority;
  enroll(request: IncomingMessage, response: ServerResponse): Promise<void>;
}
export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/** Opens the port on which hosts enrol and dial. `addresses` are the DNS names and IP addresses hosts reach it by. */
export async function listen(
  where: { port: number; host: string | undefined; addresses: readonly string[]; patienceMs: number },
  services: ListenerServices,
): Promise<Listener> {
  const { authority, log } = services;
  const identity = await authority.serverIdentity(where.addresses);
  const server = https.createServer({
    ...secureContext(identity, authority),
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: HANDSHAKE_MS,
  });
  const connections = new Set<Socket>();
  const pending = createPending(where.patienceMs);
  const gate = createGate((socket) => server.emit("connection", socket));
  const door = createServer({ noDelay: true }, (socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
    pending.add(socket);
    gate(socket);
  });
  server.on("request", (request, response) => {
    services.enroll(request, response).catch((error: unknown) => {
      log.error({ address: request.socket.remoteAddress, err: error }, "an enrolment could not be answered");
      request.destroy();
    });
  });
  server.on("upgrade", createUpgrades(services, pending));
  server.on("tlsClientError", (error, socket) =>
    log.debug({ address: socket.remoteAddress, reason: error.message }, "TLS handshake failed"),
  );
  await new Promise<void>((resolve, reject) =>
    door.once("error", reject).listen({ port: where.port, host: where.host, backlog: BACKLOG }, resolve),
  );
  // For example no file is left for another connection: those that are there go on.
  door.on("error", (error) => log.error({ err: error }, "the host link port has a fault"));
  let current = identity;
  const renewServerIdentity = async () => {
    if (!isDue(current)) return;
    try {
      current = await authority.serverIdentity(where.addresses);
      server.setSecureContext(secureContext(current, authority));
      log.info({ expiresAt: current.expiresAt }, "server certificate renewed");
    } catch (error) {
      log.error({ err: error }, "the server certificate could not be renewed");
    }
  };
  const renewal = setInterval(() => void renewServerIdentity(), RENEWAL_CHECK_MS);
  const close = async () => {
    clearInterval(renewal);
    const stragglers = setTimeout(() => connections.forEach((socket) => socket.destroy()), 2 * CLOSE_MS);
    await new Promise<void>((resolve) => door.close(() => resolve()));
    clearTimeout(stragglers);
  };
  return { port: (door.address() as AddressInfo).port, close };
}

const secureContext = (identity: ServerIdentity, authority: Authority) =>
  ({ cert: identity.pem, key: identity.key, ca: authority.ca, minVersion: "TLSv1.3" }) as const;

/** A server certificate is replaced when a third of its life is left. */
function isDue({ pem, expiresAt }: ServerIdentity): boolean {
  const from = new X509Certificate(pem).validFromDate.getTime();
  return Date.now() > expiresAt.getTime() - (expiresAt.getTime() - from) / 3;
}
