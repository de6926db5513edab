import type { Logger } from "pino";
import { HEARTBEAT_MS } from "../../schema/hostlink.ts";
import type { Admission, HostCalls, HostObserver, Secrets } from "../domain/host/ports.ts";
import { openAuthority, type Authority } from "./authority.ts";
import { createDirectory } from "./directory.ts";
import { createEnrolment } from "./enrolment.ts";
import { listen } from "./listener.ts";
import { startSession } from "./session.ts";

const HELLO_MS = 10_000;

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
  const directory = createDirectory(observer);
  const renew = async (hostId: string, csr: string) => {
    const issued = await authority.signHost(csr, hostId, certificateLifetimeMs);
    await admission.issued(hostId, issued.serial, issued.expiresAt);
    log.info({ hostId, serial: issued.serial }, "host certificate renewed");
    return { certificate: issued.certificate, ca: authority.ca, expiresAt: issued.expiresAt.getTime() };
  };
  const { engineVersion, heartbeatMs = HEARTBEAT_MS, helloMs = HELLO_MS } = options;
  const session = { directory, observer, renew, log, engineVersion, heartbeatMs, helloMs };
  const listener = await listen(
    { port: options.port, host: options.host, addresses: options.addresses },
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
