import type { Snapshot } from "../inventory/snapshot.ts";

/**
 * Whether a host that began to write to storage may still be at it: then nobody else does the same. A host that is silent, or out
 * of service, may; only one that was removed has been cut off for good. Fencing and leases on the storage will know more.
 */
export const mayStillWrite = (snapshot: Snapshot, hostId: string): boolean => snapshot.get("Host", hostId) !== undefined;
