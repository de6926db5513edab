import type { Transaction } from "../../db/unitOfWork.ts";
import { refusedAt } from "../../errors.ts";
import type { Caller } from "../access/caller.ts";
import { requireDiskStatus } from "../disk/check.ts";
import { auditEvent, type AuditLogName } from "../event/codes.ts";
import type { RowOf } from "../kinds.ts";
import { nounOf } from "../noun/noun.ts";
import { refuseHotPlug } from "../vm/hotPlug.ts";
import { requireStateForDevices } from "../vm/states.ts";
import { checkAttachment, requireAttachable } from "./attach.ts";
import { DiskAttachment } from "./diskAttachment.ts";

type Attachment = RowOf<"DiskAttachment">;

/** Disks come and go while the VM is down. */
export const diskAttachment = nounOf(DiskAttachment, {
  says: { add: "Puts a disk into a VM that is down.", remove: "Takes a disk out of a VM; the disk stays." },
  check: (tx, attachment, { before }) => {
    const vm = tx.need("Vm", attachment.vmId);
    const disk = tx.need("Disk", attachment.diskId);
    requireAttachable(tx, vm, disk);
    if (!before) {
      requireDiskStatus(disk, ["OK"]);
      refuseAttached(tx, disk);
      tx.claim("Disk", disk);
    }
    checkAttachment(tx, attachment);
    tx.claim("Vm", vm);
  },
  added: (tx, attachment, { caller }) => tellOf(tx, attachment, "USER_ATTACH_DISK_TO_VM", by(caller, "was attached to")),
  updated: (tx, attachment, { caller }) => tellOf(tx, attachment, "USER_UPDATE_VM_DISK", by(caller, "was updated in")),
  removing: (tx, attachment, { caller }) => {
    const vm = tx.need("Vm", attachment.vmId);
    requireStateForDevices(vm, "detachDisk");
    refuseHotPlug(vm);
    requireDiskStatus(tx.need("Disk", attachment.diskId), ["OK", "ILLEGAL"]);
    tx.claim("Vm", vm);
    tellOf(tx, attachment, "USER_DETACH_DISK_FROM_VM", by(caller, "was detached from"));
  },
});

const by =
  ({ userName }: Caller, done: string) =>
  (disk: string, vm: string) =>
    `Disk ${disk} ${done} VM ${vm} by ${userName}.`;

function tellOf(tx: Transaction, { vmId, diskId }: Attachment, name: AuditLogName, words: (disk: string, vm: string) => string): void {
  const vm = tx.need("Vm", vmId);
  const disk = tx.need("Disk", diskId);
  const links = { vmId, clusterId: vm.clusterId, storageDomainId: disk.storageDomainId };
  tx.event(auditEvent(name, words(disk.name, vm.name), links));
}

function refuseAttached({ snapshot }: Transaction, disk: RowOf<"Disk">): void {
  const [attachment] = snapshot.by("DiskAttachment", "diskId", disk.id);
  if (!attachment) return;
  const vm = snapshot.need("Vm", attachment.vmId);
  const message = `Disk ${disk.name} is attached to VM ${vm.name}.`;
  const discreet = `Disk ${disk.name} is attached to a VM.`;
  throw refusedAt("input.diskId", "CONFLICT", { code: "ATTACHED", message, about: { kind: "Vm", id: vm.id } }, { discreet });
}
