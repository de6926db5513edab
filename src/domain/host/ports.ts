import type {
  AgentMethod,
  AgentParams,
  AgentResult,
  Hello,
  HostErrorCode,
  NotificationParams,
  NumberedEvent,
} from "../../../schema/hostlink.ts";
import type { StatisticsSample } from "../../../schema/hostlinkStatistics.ts";

/** How the domain reaches hosts. Implemented by hostlink; nothing in the domain knows a socket. */
export interface HostCalls {
  /** Rejects with HostCallError only. `signal` cancels the call on the agent too. */
  call<M extends AgentMethod>(hostId: string, method: M, params: AgentParams<M>, options?: HostCallOptions): Promise<AgentResult<M>>;
  connected(hostId: string): boolean;
  /** Cuts the link now; the next dial is judged anew by `Admission`. */
  cut(hostId: string, reason: string): void;
}
export interface HostCallOptions {
  /** ms; DEFAULT_DEADLINE_MS when absent. */
  deadlineMs?: number;
  signal?: AbortSignal;
  /** Only for calls with `call.key`. */
  onProgress?: (progress: NotificationParams<"progress">) => void;
}
/** UNREACHABLE: no link, or it broke before the answer came; whether the host did it is unknown. */
export type HostCallErrorCode = HostErrorCode | "UNREACHABLE";
export class HostCallError extends Error {
  constructor(
    readonly code: HostCallErrorCode,
    message: string,
    readonly libvirt?: { code: number; domain: number },
  ) {
    super(message);
    this.name = "HostCallError";
  }
}

/** A certificate of a host. */
export interface LinkCertificate {
  /** Lower-case hex. */
  serial: string;
  /** As RFC 4514 writes it. */
  subject: string;
  issuedAt: Date;
  expiresAt: Date;
  /** The certificate itself, as PEM. */
  pem: string;
}
/** The link over which a host speaks. */
export interface LinkOrigin {
  /** IP address at the other end. */
  address: string;
  certificate: LinkCertificate;
}

/** What the hosts tell. Implemented by the domain, called by hostlink, in order per host. */
export interface HostObserver {
  /** A link is up and said hello. Reconciles, commits, and answers the highest committed event number of this incarnation. Throws to refuse the link. */
  hello(hostId: string, hello: Hello, origin: LinkOrigin): Promise<{ acknowledged: number; statisticsIntervalMs: number }>;
  /**
   * Resolves with the highest committed number after the commit; skips those already committed. What cannot be stored is
   * told and counts as taken. Throws OvertError INVALID when numbers are missing, anything else when nothing can be stored now.
   */
  events(hostId: string, incarnation: string, events: readonly NumberedEvent[], origin: LinkOrigin): Promise<number>;
  /** `vmIds` is the slot table of the sample's generation. Never waits. */
  statistics(hostId: string, sample: StatisticsSample, vmIds: readonly string[]): void;
  /** The link ended. Not called when a newer link of the same host replaced it. */
  lost(hostId: string, reason: string): void;
}

/** Who may connect. Implemented by the domain on the database, asked by hostlink at enrolment and at each dial. */
export interface Admission {
  /**
   * Trades a one-time token for the certificate that `certify` makes: both are noted, or neither. Throws OvertError FORBIDDEN
   * for a token that is unknown, used, or older than 10 minutes, and what `certify` throws.
   */
  enroll(token: string, certify: (hostId: string) => Promise<LinkCertificate>): Promise<{ hostId: string; certificate: LinkCertificate }>;
  /** Notes a certificate that is about to be handed out in place of the one with the serial `current`; any others are revoked. */
  renewed(hostId: string, certificate: LinkCertificate, current: string): Promise<void>;
  /** Until when a host is welcome with a certificate, and when that was made (null when nobody noted it); otherwise why not. */
  judge(hostId: string, serial: string): Promise<{ until: Date; issuedAt: Date | null } | { refusal: string }>;
}
/** Encrypted at rest, never logged. The authority keeps its key in it. */
export interface Secrets {
  get(name: string): Promise<string | null>;
  put(name: string, value: string): Promise<void>;
  /** The value of that name, made at its first use; engines that ask at the same time get the same. */
  once(name: string, make: () => string): Promise<string>;
}
