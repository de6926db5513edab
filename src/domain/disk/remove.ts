import type { Transaction } from "../../db/unitOfWork.ts";
import { auditEvent } from "../event/codes.ts";
import { addJob, type JobDefinition, type StepContext } from "../job/definition.ts";
import type { RowOf } from "../kinds.ts";
import { verb } from "../noun/verb.ts";
import { hostForStep, requireHostFor } from "../storage/anyHost.ts";
import { requireUsersDown } from "./check.ts";
import { diskLinks } from "./events.ts";
import { volumeRef } from "./path.ts";

/** Takes it out of its VM, which must be down, and deletes its image. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE, NO_HOST. */
export const removeDisk = verb({
  name: "removeDisk",
  on: "Disk",
  permit: "DELETE_DISK",
  states: ["OK", "ILLEGAL"],
  done: "removed",
  risk: "DESTRUCTIVE",
  description: "Takes it out of its VM, which must be down, and deletes its image.",
  decide: (tx, disk, { caller }) => {
    for (const vm of requireUsersDown(tx.snapshot, disk)) tx.claim("Vm", vm);
    requireHostFor(tx.snapshot, tx.need("StorageDomain", disk.storageDomainId).dataCenterId);
    const entity = tx.update("Disk", disk, { status: "LOCKED" });
    const subject = { kind: "Disk", id: disk.id };
    const job = addJob(tx, { definition: removeDiskJob, description: `Removing disk ${disk.name}`, subject, input: {} });
    const description = `Removing disk ${disk.name} was asked for by ${caller.userName}.`;
    tx.event(auditEvent("USER_REMOVE_DISK_INITIATED", description, diskLinks(tx.snapshot, disk)));
    return { entity, job };
  },
});

export const removeDiskJob: JobDefinition<object> = {
  name: "removeDisk",
  steps: [
    {
      name: "remove",
      description: "Deleting the image",
      run: async (context) => {
        const disk = context.snapshot().need("Disk", context.job.subjectId);
        await deleteVolume(context, disk);
        return (tx) => {
          tx.event(auditEvent("USER_FINISHED_REMOVE_DISK", `Disk ${disk.name} was removed.`, diskLinks(tx.snapshot, disk)));
          forgetDisk(tx, disk.id);
        };
      },
    },
  ],
  ended: (tx, job, outcome) => {
    const disk = tx.get("Disk", job.subjectId);
    if (!disk || outcome === "FINISHED") return;
    // Nobody knows how much of its image is left. As in oVirt it is of no use, and can be removed again.
    tx.update("Disk", disk, { status: "ILLEGAL" });
    tx.event(auditEvent("USER_FINISHED_FAILED_REMOVE_DISK", `Disk ${disk.name} could not be removed.`, diskLinks(tx.snapshot, disk)));
  },
};

/** Takes the rows of a disk whose image is gone. */
export function forgetDisk(tx: Transaction, diskId: string): void {
  for (const attachment of tx.snapshot.by("DiskAttachment", "diskId", diskId)) tx.remove("DiskAttachment", attachment);
  const disk = tx.get("Disk", diskId);
  if (disk) tx.remove("Disk", disk);
}

/**
 * Deletes a disk's image, on any host that is up; done also when there is none. The disk's row stays: that is the caller's,
 * in the transaction that ends the step. Several disks may be deleted in one step. Throws NO_HOST, and what the host throws.
 */
export async function deleteVolume<I extends object>({ snapshot, call, callContext }: StepContext<I>, disk: RowOf<"Disk">): Promise<void> {
  const domain = snapshot().need("StorageDomain", disk.storageDomainId);
  const host = hostForStep(snapshot(), domain.dataCenterId, disk.id);
  await call(host.id, "disk.remove", { ...volumeRef(domain, disk), call: callContext(`remove-${disk.id}`) });
}
