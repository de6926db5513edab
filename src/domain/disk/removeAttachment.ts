import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { refuseHotPlug } from "../vm/hotPlug.ts";
import { requireVmState } from "../vm/states.ts";
import { requireDiskStatus } from "./check.ts";

/** Takes the disk out of its VM; the disk stays. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE. */
export const removeDiskAttachment = (
  engine: Engine,
  caller: Caller,
  { id, ...request }: Request & { id: string },
): Promise<Outcome<"DiskAttachment">> =>
  command(engine, caller, request, {
    verb: "removeDiskAttachment",
    kind: "DiskAttachment",
    input: id,
    decide: (tx) => {
      permit(caller, "CONFIGURE_VM_STORAGE");
      const attachment = tx.need("DiskAttachment", id);
      const vm = tx.need("Vm", attachment.vmId);
      const disk = tx.need("Disk", attachment.diskId);
      requireVmState(vm, "detachDisk");
      refuseHotPlug(vm);
      requireDiskStatus(disk, ["OK", "ILLEGAL"]);
      tx.remove("DiskAttachment", attachment);
      tx.claim("Vm", vm);
      const links = { vmId: vm.id, clusterId: vm.clusterId, storageDomainId: disk.storageDomainId };
      tx.event(auditEvent("USER_DETACH_DISK_FROM_VM", `Disk ${disk.name} was detached from VM ${vm.name} by ${caller.userName}.`, links));
      return { entity: attachment };
    },
  });
