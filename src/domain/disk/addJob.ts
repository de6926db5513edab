import { auditEvent } from "../event/codes.ts";
import type { JobDefinition } from "../job/definition.ts";
import { hostForStep } from "../storage/anyHost.ts";
import { diskLinks } from "./events.ts";
import { volumeRef } from "./path.ts";
import { deleteVolume, forgetDisk } from "./remove.ts";

const CREATE_DEADLINE_MS = 120_000;
/** Space that must be taken at once can take its time. */
const PREALLOCATE_DEADLINE_MS = 40 * 60_000;

export interface AddDiskJobInput {
  /** The VM it is added to; null = none. */
  vmId: string | null;
}

export const addDiskJob: JobDefinition<AddDiskJobInput> = {
  name: "addDisk",
  steps: [
    {
      name: "create",
      description: "Creating the image",
      cancellable: true,
      run: async (context) => {
        const { job, snapshot, call, callContext, progress } = context;
        const disk = snapshot().need("Disk", job.subjectId);
        const domain = snapshot().need("StorageDomain", disk.storageDomainId);
        const host = await hostForStep(context, domain.dataCenterId, disk.id);
        const { format, provisionedSize, sparse } = disk;
        const params = { ...volumeRef(domain, disk), format, provisionedSize, sparse, call: callContext() };
        const deadlineMs = sparse ? CREATE_DEADLINE_MS : PREALLOCATE_DEADLINE_MS;
        const { actualSize } = await call(host.id, "disk.create", params, { deadlineMs, onProgress: ({ percent }) => progress(percent) });
        return (tx) => {
          tx.update("Disk", tx.need("Disk", disk.id), { status: "OK", actualSize });
          const links = diskLinks(tx.snapshot, disk);
          const name = job.input.vmId ? "USER_ADD_DISK_TO_VM_FINISHED_SUCCESS" : "USER_ADD_DISK_FINISHED_SUCCESS";
          tx.event(auditEvent(name, `Disk ${disk.name} was added to storage domain ${domain.name}.`, links));
        };
      },
      undo: async (context) => {
        const disk = context.snapshot().get("Disk", context.job.subjectId);
        if (disk) await deleteVolume(context, disk);
      },
    },
  ],
  ended: (tx, job, outcome) => {
    const disk = tx.get("Disk", job.subjectId);
    if (!disk || outcome === "FINISHED") return;
    const name = job.input.vmId ? "USER_ADD_DISK_TO_VM_FINISHED_FAILURE" : "USER_ADD_DISK_FINISHED_FAILURE";
    tx.event(auditEvent(name, `Disk ${disk.name} could not be added.`, diskLinks(tx.snapshot, disk)));
    if (job.undone) return forgetDisk(tx, disk.id);
    // Its image may be there: as long as the disk is known, it can be removed.
    for (const attachment of tx.snapshot.by("DiskAttachment", "diskId", disk.id)) tx.remove("DiskAttachment", attachment);
    tx.update("Disk", disk, { status: "ILLEGAL" });
  },
};
