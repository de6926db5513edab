import { OvertError } from "../errors.ts";

/** Certificates that a host may be given within the window. */
const MOST = 4;
const WINDOW_MS = 3_600_000;

/** One renewal of a host at a time, and few within an hour: each is signed, stored and told. */
export interface Renewals {
  /** Throws OvertError RATE_LIMITED. What fails does not count. */
  run<T>(hostId: string, renew: () => Promise<T>): Promise<T>;
}

export function createRenewals(certificateLifetimeMs: number): Renewals {
  // Where certificates live for minutes they must be renewed within minutes.
  const windowMs = Math.min(WINDOW_MS, certificateLifetimeMs / 2);
  const done = new Map<string, number[]>();
  const underWay = new Set<string>();
  const recent = (hostId: string) => (done.get(hostId) ?? []).filter((at) => performance.now() - at < windowMs);
  const forgetOld = () => {
    for (const hostId of done.keys()) if (recent(hostId).length === 0) done.delete(hostId);
  };
  return {
    async run(hostId, renew) {
      const before = recent(hostId);
      if (underWay.has(hostId)) throw new OvertError("RATE_LIMITED", "A certificate of this host is being made already.");
      if (before.length >= MOST)
        throw new OvertError("RATE_LIMITED", `No more than ${MOST} certificates in ${Math.ceil(windowMs / 60_000)} minutes.`);
      underWay.add(hostId);
      try {
        const result = await renew();
        forgetOld();
        done.set(hostId, [...before, performance.now()]);
        return result;
      } finally {
        underWay.delete(hostId);
      }
    },
  };
}
