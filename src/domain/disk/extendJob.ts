import { auditEvent } from "../event/codes.ts";
import type { JobDefinition } from "../job/definition.ts";
import { hostForStep } from "../storage/anyHost.ts";
import { diskLinks } from "./events.ts";
import { volumeRef } from "./path.ts";

const RESIZE_DEADLINE_MS = 120_000;

/** `provisionedSize`: the size it is to get, in bytes. */
export const extendDiskJob: JobDefinition<{ provisionedSize: number }> = {
  name: "extendDisk",
  steps: [
    {
      name: "resize",
      description: "Extending the image",
      run: async (context) => {
        const { job, snapshot, call, callContext } = context;
        const disk = snapshot().need("Disk", job.subjectId);
        const domain = snapshot().need("StorageDomain", disk.storageDomainId);
        const host = await hostForStep(context, domain.dataCenterId, disk.id);
        const { provisionedSize } = job.input;
        const params = { ...volumeRef(domain, disk), provisionedSize, call: callContext() };
        const { actualSize } = await call(host.id, "disk.resize", params, { deadlineMs: RESIZE_DEADLINE_MS });
        return (tx) => {
          tx.update("Disk", tx.need("Disk", disk.id), { status: "OK", provisionedSize, actualSize });
          const description = `Disk ${disk.name} has ${provisionedSize} bytes now.`;
          tx.event(auditEvent("USER_EXTEND_DISK_SIZE_SUCCESS", description, diskLinks(tx.snapshot, disk)));
        };
      },
      // An image cannot be made smaller again: if it did grow, that is what is written down.
      undo: async (context) => {
        const { job, snapshot, call } = context;
        const disk = snapshot().need("Disk", job.subjectId);
        const domain = snapshot().need("StorageDomain", disk.storageDomainId);
        const host = await hostForStep(context, domain.dataCenterId, disk.id);
        const { provisionedSize, actualSize } = await call(host.id, "disk.info", volumeRef(domain, disk));
        return (tx) => void tx.update("Disk", tx.need("Disk", disk.id), { provisionedSize, actualSize });
      },
    },
  ],
  ended: (tx, job, outcome) => {
    const disk = tx.get("Disk", job.subjectId);
    if (!disk || outcome === "FINISHED") return;
    tx.update("Disk", disk, { status: "OK" });
    tx.event(auditEvent("USER_EXTEND_DISK_SIZE_FAILURE", `Disk ${disk.name} could not be extended.`, diskLinks(tx.snapshot, disk)));
  },
};
