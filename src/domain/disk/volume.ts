import type { StepContext } from "../job/definition.ts";
import type { RowOf } from "../kinds.ts";
import { needHostFor } from "../storage/anyHost.ts";
import { volumeRef } from "./path.ts";

/**
 * Deletes a disk's image, on any host that is up; done also when there is none. The disk's row stays: that is the caller's,
 * in the transaction that ends the step. Several disks may be deleted in one step. Throws NO_HOST, and what the host throws.
 */
export async function deleteVolume<I extends object>({ snapshot, call, callContext }: StepContext<I>, disk: RowOf<"Disk">): Promise<void> {
  const domain = snapshot().need("StorageDomain", disk.storageDomainId);
  const host = needHostFor(snapshot(), domain.dataCenterId, disk.id);
  await call(host.id, "disk.remove", { ...volumeRef(domain, disk), call: callContext(`remove-${disk.id}`) });
}
