import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { addJob, type JobDefinition } from "../job/definition.ts";
import { needHostFor } from "../storage/anyHost.ts";
import { requireDiskStatus, requireUsersDown } from "./check.ts";
import { diskLinks } from "./events.ts";
import { deleteVolume } from "./volume.ts";

export { deleteVolume } from "./volume.ts";

/** Takes it out of its VM, which must be down, and deletes its image. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE, NO_HOST. */
export const removeDisk = (engine: Engine, caller: Caller, { id, ...request }: Request & { id: string }): Promise<Outcome<"Disk">> =>
  command(engine, caller, request, {
    verb: "removeDisk",
    kind: "Disk",
    input: id,
    decide: (tx) => {
      permit(caller, "DELETE_DISK");
      const disk = tx.need("Disk", id);
      requireDiskStatus(disk, ["OK", "ILLEGAL"]);
      for (const vm of requireUsersDown(tx.snapshot, disk)) tx.claim("Vm", vm);
      needHostFor(tx.snapshot, tx.need("StorageDomain", disk.storageDomainId).dataCenterId);
      const entity = tx.update("Disk", disk, { status: "LOCKED" });
      const subject = { kind: "Disk", id };
      const job = addJob(tx, { definition: removeDiskJob, description: `Removing disk ${disk.name}`, subject, input: {} });
      const description = `Removing disk ${disk.name} was asked for by ${caller.userName}.`;
      tx.event(auditEvent("USER_REMOVE_DISK_INITIATED", description, diskLinks(tx.snapshot, disk)));
      return { entity, job };
    },
  });

export const removeDiskJob: JobDefinition = {
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
          for (const attachment of tx.snapshot.by("DiskAttachment", "diskId", disk.id)) tx.remove("DiskAttachment", attachment);
          tx.remove("Disk", tx.need("Disk", disk.id));
        };
      },
    },
  ],
  ended: (tx, job, outcome) => {
    const disk = tx.get("Disk", job.subjectId);
    if (!disk || outcome === "FINISHED") return;
    tx.update("Disk", disk, { status: "OK" });
    tx.event(auditEvent("USER_FINISHED_FAILED_REMOVE_DISK", `Disk ${disk.name} could not be removed.`, diskLinks(tx.snapshot, disk)));
  },
};
