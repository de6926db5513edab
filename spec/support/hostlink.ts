import { randomBytes, randomUUID } from "node:crypto";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import type { Hello, NumberedEvent } from "../../schema/hostlink.ts";
import type { StatisticsSample } from "../../schema/hostlinkStatistics.ts";
import type { Admission, HostObserver, LinkCertificate, Secrets } from "../../src/domain/host/ports.ts";
import { OvertError } from "../../src/errors.ts";
import { startHostlink, type Hostlink, type HostlinkOptions } from "../../src/hostlink/index.ts";
import { enrollSimulated } from "../../lab/simulated/enroll.ts";
import { startSimulatedHost, type SimulatedHost, type SimulatedHostOptions } from "../../lab/simulated/host.ts";
import type { Identity } from "../../lab/simulated/wire.ts";

/** Secrets in memory. */
export function memorySecrets(): Secrets {
  const values = new Map<string, string>();
  return {
    get: async (name) => values.get(name) ?? null,
    put: async (name, value) => void values.set(name, value),
    once: async (name, make) => values.get(name) ?? values.set(name, make()).get(name)!,
  };
}

interface MemoryAdmission extends Admission {
  /** A new one-time token for a new host, or the one named. */
  token(hostId?: string): string;
  expire(token: string): void;
  isUsable(token: string): boolean;
  /** Refuses a host from now on. */
  revoke(hostId: string): void;
  readonly serials: ReadonlyMap<string, string>;
}

/** Admission as the domain keeps it, in memory. */
function memoryAdmission(): MemoryAdmission {
  const tokens = new Map<string, { hostId: string; usable: boolean }>();
  const serials = new Map<string, string>();
  const ends = new Map<string, Date>();
  const keep = (hostId: string, { serial, expiresAt }: LinkCertificate) => {
    serials.set(serial, hostId);
    ends.set(serial, expiresAt);
  };
  const revoked = new Set<string>();
  return {
    serials,
    token(hostId = randomUUID()) {
      const token = randomBytes(24).toString("base64url");
      tokens.set(token, { hostId, usable: true });
      return token;
    },
    expire: (token) => void (tokens.get(token)!.usable = false),
    revoke: (hostId) => void revoked.add(hostId),
    isUsable: (token) => tokens.get(token)?.usable === true,
    async enroll(token, certify) {
      const known = tokens.get(token);
      if (known === undefined || !known.usable) throw new OvertError("FORBIDDEN", "The token is unknown, used or too old.");
      const { hostId } = known;
      const certificate = await certify(hostId);
      known.usable = false;
      keep(hostId, certificate);
      return { hostId, certificate };
    },
    renewed: async (hostId, certificate) => keep(hostId, certificate),
    async judge(hostId, serial) {
      if (revoked.has(hostId)) return { refusal: "host removed" };
      return serials.get(serial) === hostId ? { until: ends.get(serial)!, issuedAt: null } : { refusal: "serial not known" };
    },
  };
}

interface RecordingObserver extends HostObserver {
  readonly log: { what: string; hostId: string }[];
  readonly hellos: Hello[];
  readonly committed: NumberedEvent[];
  readonly samples: { hostId: string; sample: StatisticsSample; vmIds: readonly string[] }[];
  readonly lostHosts: { hostId: string; reason: string }[];
}

const last = (events: readonly NumberedEvent[]) => events.at(-1)?.seq ?? 0;

/** Commits everything at once and keeps it; `overrides` replace what a spec wants different. */
function recordingObserver(overrides: Partial<HostObserver> = {}): RecordingObserver {
  const log: RecordingObserver["log"] = [];
  const hellos: Hello[] = [];
  const committed: NumberedEvent[] = [];
  const samples: RecordingObserver["samples"] = [];
  const lostHosts: RecordingObserver["lostHosts"] = [];
  return {
    log,
    hellos,
    committed,
    samples,
    lostHosts,
    async hello(hostId, hello) {
      log.push({ what: "hello", hostId });
      hellos.push(hello);
      committed.push(...hello.unacknowledged);
      return { acknowledged: last(hello.unacknowledged), statisticsIntervalMs: 1_000 };
    },
    async events(hostId, _incarnation, events) {
      log.push({ what: "events", hostId });
      committed.push(...events);
      return last(events);
    },
    statistics: (hostId, sample, vmIds) => void samples.push({ hostId, sample, vmIds }),
    lost(hostId, reason) {
      log.push({ what: "lost", hostId });
      lostHosts.push({ hostId, reason });
    },
    ...overrides,
  };
}

export interface TestEngine extends Hostlink {
  readonly url: string;
  readonly admission: MemoryAdmission;
  readonly observer: RecordingObserver;
  /** Every line the link logged. */
  readonly logged: { level: number; msg: string; reason?: string; hostId?: string }[];
  /** Enrols a new host, or the one named. */
  enroll(hostId?: string): Promise<Identity>;
  /** Enrols a host and waits until its link is up. */
  host(options?: Partial<SimulatedHostOptions>): Promise<SimulatedHost>;
}

/** A host link of its own on a free port, taken down when the test is over. */
export async function startEngine(options: Partial<HostlinkOptions> & { observe?: Partial<HostObserver> } = {}): Promise<TestEngine> {
  const { observe, ...rest } = options;
  const admission = memoryAdmission();
  const observer = recordingObserver(observe);
  const logged: TestEngine["logged"] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const hostlink = await startHostlink({
    port: 0,
    host: "127.0.0.1",
    addresses: ["localhost", "127.0.0.1"],
    secrets: memorySecrets(),
    admission,
    observer,
    log,
    certificateLifetimeMs: 86_400_000,
    engineVersion: "test",
    ...rest,
  });
  onTestFinished(() => hostlink.close());
  const url = `https://127.0.0.1:${hostlink.port}`;
  const enroll = (hostId?: string) =>
    enrollSimulated({ engineUrl: url, token: admission.token(hostId), fingerprint: hostlink.fingerprint });
  const host = async (overrides: Partial<SimulatedHostOptions> = {}) => {
    const simulated = startSimulatedHost({ engineUrl: url, identity: overrides.identity ?? (await enroll()), ...overrides });
    onTestFinished(() => simulated.stop());
    await simulated.whenConnected();
    return simulated;
  };
  return { ...hostlink, url, admission, observer, logged, enroll, host };
}
