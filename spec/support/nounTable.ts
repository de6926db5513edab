import type { DatabaseKind } from "./database.ts";
import { openWorld, type World } from "./nouns.ts";

const GIB = 1024 ** 3;

/** What there is before one more of a noun is added. */
interface Surroundings {
  dataCenterId: string;
  clusterId: string;
  networkId: string;
  storageDomainId: string;
  vmId: string;
}
/** The least that adds one: with its entry here a noun is covered by the specs of what every noun does. */
const INPUTS: Readonly<Record<string, (there: Surroundings) => object>> = {
  AffinityGroup: ({ clusterId }) => ({ clusterId }),
  AffinityLabel: () => ({}),
  Bookmark: () => ({ value: "Vms: status = up" }),
  Cluster: ({ dataCenterId }) => ({ dataCenterId }),
  DataCenter: () => ({}),
  CpuProfile: ({ clusterId }) => ({ clusterId }),
  DiskProfile: ({ storageDomainId }) => ({ storageDomainId }),
  Group: () => ({}),
  Role: () => ({ permitNames: ["LOGIN"] }),
  SchedulingPolicy: () => ({ weights: [{ unit: "OPTIMAL_FOR_EVEN_GUEST_DISTRIBUTION", factor: 1 }] }),
  InstanceType: () => ({}),
  MacPool: () => ({ ranges: [{ from: "02:00:00:00:00:00", to: "02:00:00:00:00:ff" }] }),
  Qos: ({ dataCenterId }) => ({ dataCenterId, type: "CPU" }),
  Disk: ({ storageDomainId }) => ({ storageDomainId, provisionedSize: GIB }),
  Host: ({ clusterId }) => ({ clusterId, address: "192.0.2.7" }),
  Network: ({ dataCenterId }) => ({ dataCenterId }),
  Nic: ({ vmId }) => ({ vmId }),
  StorageDomain: ({ dataCenterId }) => ({ dataCenterId, storage: { type: "POSIXFS", path: "/srv/x" } }),
  Tag: () => ({}),
  Template: () => ({}),
  Vm: ({ clusterId }) => ({ clusterId }),
  VnicProfile: ({ networkId }) => ({ networkId }),
};
/** All that have a name of their own. */
export const NAMED_NOUNS = Object.keys(INPUTS);

/** One of each noun that others are made in, and for each noun the input that adds one called `x`. */
export async function furnished(database: DatabaseKind): Promise<{ world: World; add: Record<string, object> }> {
  const world = await openWorld(database);
  const there = { ...world.defaults, storageDomainId: await world.addDomain(), vmId: await world.addVm("web1") };
  const add = Object.entries(INPUTS).map(([kind, input]) => [kind, { name: "x", ...input(there) }]);
  return { world, add: Object.fromEntries(add) as Record<string, object> };
}

export const fieldOf = (kind: string) => `${kind[0]!.toLowerCase()}${kind.slice(1)}`;

/** Adds one; answers its row. */
export async function added(world: World, kind: string, input: unknown): Promise<{ id: string; version: number }> {
  const payload = await world.act(`add${kind}`, `${fieldOf(kind)} { id }`, { input });
  if (payload.job) await world.ended(payload);
  return world.snapshot().need(kind as "Cluster", payload[fieldOf(kind)].id);
}
