import { MOST_VMS } from "../../../schema/hostlinkLimits.ts";

/** A VM that a host says it runs and that the record does not have there. */
interface Sighting {
  vmId: string;
  name: string;
}
/** What follows from a host's words for its claims, in their order. */
export type HostNews =
  | { type: "claims"; sighting: Sighting }
  /** It is gone from the host, or taken for what it is. */
  | { type: "settled"; vmId: string }
  /** All there is; other claims of the host are over. */
  | { type: "all"; sightings: readonly Sighting[] };

export interface Claim extends Sighting {
  /** When it is to be looked into, by a clock that nobody sets, in ms. */
  dueAt: number;
  /** That two hosts run it has been told. */
  told: boolean;
}
/** What hosts say beside the record: in memory only, because their next hellos say it again. */
export interface Claims {
  note(hostId: string, news: readonly HostNews[]): void;
  of(hostId: string): ReadonlyMap<string, Claim>;
  settle(hostId: string, vmId: string): void;
  hosts(): string[];
  forget(hostId: string): void;
}

/** Of all hosts together; more are not remembered until others are over. */
const MOST_IN_ALL = 50_000;
/** What passes by itself, as at the end of a migration, is not looked into, in ms. */
const REST_MS = 2_000;

export function createClaims(now: () => number = () => performance.now()): Claims {
  const hosts = new Map<string, Map<string, Claim>>();
  let total = 0;
  const ofHost = (hostId: string) => {
    const known = hosts.get(hostId) ?? new Map<string, Claim>();
    hosts.set(hostId, known);
    return known;
  };
  const drop = (claims: Map<string, Claim>, vmId: string) => {
    if (claims.delete(vmId)) total -= 1;
  };
  const add = (claims: Map<string, Claim>, { vmId, name }: Sighting) => {
    const known = claims.get(vmId);
    if (known) known.name = name;
    else if (claims.size < MOST_VMS && total < MOST_IN_ALL) {
      claims.set(vmId, { vmId, name, dueAt: now() + REST_MS, told: false });
      total += 1;
    }
  };
  const take = (claims: Map<string, Claim>, news: HostNews) => {
    if (news.type === "claims") return add(claims, news.sighting);
    if (news.type === "settled") return drop(claims, news.vmId);
    const seen = new Set(news.sightings.map(({ vmId }) => vmId));
    for (const vmId of claims.keys()) if (!seen.has(vmId)) drop(claims, vmId);
    for (const sighting of news.sightings) add(claims, sighting);
  };
  return {
    note(hostId, news) {
      const claims = ofHost(hostId);
      for (const item of news) take(claims, item);
      if (claims.size === 0) hosts.delete(hostId);
    },
    of: (hostId) => hosts.get(hostId) ?? new Map<string, Claim>(),
    settle(hostId, vmId) {
      const claims = hosts.get(hostId);
      if (claims) drop(claims, vmId);
    },
    hosts: () => [...hosts.keys()],
    forget(hostId) {
      total -= hosts.get(hostId)?.size ?? 0;
      hosts.delete(hostId);
    },
  };
}
