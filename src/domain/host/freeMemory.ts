import type { Snapshot } from "../inventory/snapshot.ts";
import type { RowOf } from "../kinds.ts";
import { candidatesOf } from "../placement/candidate.ts";
import { hostLoad } from "../placement/load.ts";

/** Bytes that VMs can still be promised on this host; null until its agent first connected. */
export function freeMemory(snapshot: Snapshot, host: RowOf<"Host">): number | null {
  const cluster = snapshot.get("Cluster", host.clusterId);
  if (!cluster || host.memory === null) return null;
  const [candidate] = candidatesOf(cluster, [host], (hostId) => hostLoad(snapshot, hostId));
  return candidate ? Math.max(0, Math.floor(candidate.capacity - candidate.load.memory)) : null;
}
