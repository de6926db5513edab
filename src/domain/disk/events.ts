import type { Snapshot } from "../inventory/snapshot.ts";
import type { EventLinks } from "../event/codes.ts";
import type { RowOf } from "../kinds.ts";

/** What an event about a disk is shown with: its domain, and the VM it is in. */
export function diskLinks(snapshot: Snapshot, { id, storageDomainId }: RowOf<"Disk">): EventLinks {
  const vmId = snapshot.by("DiskAttachment", "diskId", id)[0]?.vmId ?? null;
  return { storageDomainId, dataCenterId: snapshot.get("StorageDomain", storageDomainId)?.dataCenterId ?? null, vmId };
}
