import type { Logger } from "pino";
import { CloseCode, HEARTBEAT_MS } from "../../schema/hostlink.ts";
import type { Admission, HostCalls, HostObserver, Secrets } from "../domain/host/ports.ts";
import { openAuthority, type Authority } from "./authority.ts";
import { createDirectory } from "./directory.ts";
import { createEnrolment } from "./enrolment.ts";
import { createPaces } from "../pace.ts";
import { listen } from "./listener.ts";
import { PATIENCE_MS } from "./pending.ts";
import { createRenewals } from "./renewals.ts";
import { startSession, type Peer, type SessionServices } from "./session.ts";
import { createUnanswered } from "./unanswered.ts";

const HELLO_MS = 10_000;
/** Events of one host: so many at once, and then so many a second. */
const EVENTS = 10_000;
const EVENTS_PER_SECOND = 100;
const MOST_HOSTS = 20_000;

export interface HostlinkOptions {
  /** 0 takes a free one. */
  port: number;
  /** Interface to listen on; all when absent. */
  host?: string;
  /** DNS names and IP addresses by which hosts reach this engine; they go into its certificate. */
  addresses: readonly string[];
  secrets: Secrets;
  admission: Admission;
  observer: HostObserver;
  log: Logger;
  /** Life of a host's certificate, in ms; the agent renews at two thirds of it. */
  certificateLifetimeMs: number;
  /** Told to agents in `Welcome`. */
  engineVersion: string;
  heartbeatMs?: number;
  helloMs?: number;
  patienceMs?: number;
}
export interface Hostlink {
  readonly calls: HostCalls;
  readonly port: number;
  /** SHA-256 of the CA's certificate, lower-case hex: what an agent pins when it enrols. */
  readonly fingerprint: string;
  readonly authority: Authority;
  /** Ends every link as GOING_AWAY and frees the port. The observer hears of no `lost`. */
  close(): Promise<void>;
}

/** Opens the engine's side of the host link. */
export async function startHostlink(options: HostlinkOptions): Promise<Hostlink> {
  const { admission, observer, log, certificateLifetimeMs } = options;
  const authority = await openAuthority(options.secrets);
  const directory = createDirectory(observer, log);
  const renewals = createRenewals(certificateLifetimeMs);
  const renew = ({ hostId, certificate: { serial: current } }: Peer, csr: string) =>
    renewals.run(hostId, async () => {
      const certificate = await authority.signHost(csr, hostId, certificateLifetimeMs);
      await admission.renewed(hostId, certificate, current);
      log.info({ hostId, serial: certificate.serial }, "host certificate renewed");
      return { certificate: certificate.pem, ca: authority.ca, expiresAt: certificate.expiresAt.getTime() };
    });
  const unanswered = createUnanswered((hostId) =>
    directory.end(hostId, { code: CloseCode.GOING_AWAY, reason: "the engine has more to do than it can hold" }),
  );
  const eventPace = createPaces(EVENTS, EVENTS_PER_SECOND, MOST_HOSTS);
  const { engineVersion, heartbeatMs = HEARTBEAT_MS, helloMs = HELLO_MS } = options;
  const session: SessionServices = { directory, observer, renew, unanswered, eventPace, log, engineVersion, heartbeatMs, helloMs };
  const listener = await listen(
    { port: options.port, host: options.host, addresses: options.addresses, patienceMs: options.patienceMs ?? PATIENCE_MS },
    {
      authority,
      admission,
      directory,
      log,
      enroll: createEnrolment({ authority, admission, certificateLifetimeMs, log }),
      accept: (socket, peer, cut) => startSession(socket, peer, cut, session),
    },
  );
  const close = () => {
    directory.close();
    return listener.close();
  };
  return { calls: directory, port: listener.port, fingerprint: authority.fingerprint, authority, close };
}
