import type { HostCapabilities } from "../../../schema/hostlink.ts";
import type { HostStatus } from "../host/host.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import type { RowOf } from "../kinds.ts";
import { CHIPSETS, newestMachineType, type Chipset } from "../vm/domainXml/platform.ts";
import { HOST_RESERVE, hostLoads, hostLoadsSince, NO_LOAD, type HostLoad } from "./load.ts";

/** What many hosts have in common: decided once for all of them. */
export interface Platform {
  clusterId: string;
  virtualization: HostCapabilities["virtualization"] | null;
  uefi: boolean;
  bridges: ReadonlySet<string>;
  machineTypes: ReadonlySet<string>;
  /** Those of which there is a machine type. */
  chipsets: ReadonlySet<Chipset>;
  cpuModels: ReadonlySet<string>;
}

/** A host as placement sees it. */
export interface Candidate {
  id: string;
  name: string;
  status: HostStatus;
  platform: Platform;
  /** Bytes that may be promised to VMs: memory x over-commit - what the host keeps. */
  capacity: number;
  threads: number;
  load: HostLoad;
}

/** Candidates, in the order of their ids, and beside them what the inner loop of a decision reads, by column. */
export interface Field {
  hosts: readonly Candidate[];
  /** Place of a host in `hosts` and in the columns. */
  positions: ReadonlyMap<string, number>;
  platforms: readonly Platform[];
  columns: {
    /** Place in `platforms`. */
    platform: Int32Array;
    capacity: Float64Array;
    /** Bytes left to promise; less than nothing when the host is not UP. */
    free: Float64Array;
    threads: Float64Array;
    vcpus: Float64Array;
    vms: Float64Array;
  };
}

export const isUp = (host: Candidate): boolean => host.status === "UP";
export const freeMemory = (host: Candidate): number => host.capacity - host.load.memory;

export function fieldOf(hosts: readonly Candidate[]): Field {
  const platforms = [...new Set(hosts.map((host) => host.platform))];
  return {
    hosts,
    positions: new Map(hosts.map((host, at) => [host.id, at])),
    platforms,
    columns: {
      platform: Int32Array.from(hosts, (host) => platforms.indexOf(host.platform)),
      capacity: Float64Array.from(hosts, (host) => host.capacity),
      free: Float64Array.from(hosts, (host) => (isUp(host) ? freeMemory(host) : Number.NEGATIVE_INFINITY)),
      threads: Float64Array.from(hosts, (host) => host.threads),
      vcpus: Float64Array.from(hosts, (host) => host.load.vcpus),
      vms: Float64Array.from(hosts, (host) => host.load.vms),
    },
  };
}

const platformOf = (clusterId: string, capabilities: HostCapabilities | null): Platform => ({
  clusterId,
  virtualization: capabilities?.virtualization ?? null,
  uefi: capabilities?.uefi ?? false,
  bridges: new Set(capabilities?.bridges),
  machineTypes: new Set(capabilities?.machineTypes),
  chipsets: new Set(CHIPSETS.filter((chipset) => newestMachineType(chipset, capabilities?.machineTypes ?? []) !== null)),
  cpuModels: new Set(capabilities?.cpuModels),
});

// A host's capabilities are one object for as long as they do not change: their key is made once, not once per decision.
const keys = new WeakMap<HostCapabilities, string>();
function keyOf(capabilities: HostCapabilities | null): string {
  if (capabilities === null) return "";
  const known = keys.get(capabilities);
  if (known !== undefined) return known;
  const { virtualization, uefi, bridges, machineTypes, cpuModels } = capabilities;
  const key = JSON.stringify([virtualization, uefi, [...bridges].sort(), [...machineTypes].sort(), [...cpuModels].sort()]);
  keys.set(capabilities, key);
  return key;
}

/** The hosts of one cluster as candidates; equal platforms are one object. */
export function candidatesOf(
  cluster: RowOf<"Cluster">,
  hosts: readonly RowOf<"Host">[],
  loadOf: (hostId: string) => HostLoad | undefined,
): Candidate[] {
  const platforms = new Map<string, Platform>();
  return hosts.map((host) => {
    const key = keyOf(host.capabilities);
    const platform = platforms.get(key) ?? platformOf(host.clusterId, host.capabilities);
    platforms.set(key, platform);
    const cpu = host.capabilities?.cpu;
    return {
      id: host.id,
      name: host.name,
      status: host.status,
      platform,
      capacity: ((host.capabilities?.memory ?? 0) * cluster.memoryPolicy.overCommit.percent) / 100 - HOST_RESERVE,
      threads: cpu ? cpu.sockets * cpu.cores * (cluster.threadsAsCores ? cpu.threads : 1) : 0,
      load: loadOf(host.id) ?? NO_LOAD,
    };
  });
}

// A snapshot never changes, so neither does what is computed from it. Only of the newest: the journal keeps many.
let prepared: { snapshot: WeakRef<Snapshot>; loads: ReadonlyMap<string, HostLoad>; fields: Map<string, Field> } | null = null;

/** The hosts of a cluster; none when there is no such cluster. Prepared once per snapshot. */
export function clusterField(snapshot: Snapshot, clusterId: string): Field {
  const earlier = prepared?.snapshot.deref();
  if (!prepared || earlier !== snapshot) {
    const loads = prepared && earlier ? hostLoadsSince(snapshot, earlier, prepared.loads) : hostLoads(snapshot);
    prepared = { snapshot: new WeakRef(snapshot), loads, fields: new Map<string, Field>() };
  }
  const { loads, fields } = prepared;
  const known = fields.get(clusterId);
  if (known) return known;
  const cluster = snapshot.get("Cluster", clusterId);
  const hosts = cluster ? snapshot.by("Host", "clusterId", clusterId) : [];
  const field = fieldOf(cluster ? candidatesOf(cluster, hosts, (hostId) => loads.get(hostId)) : []);
  fields.set(clusterId, field);
  return field;
}
