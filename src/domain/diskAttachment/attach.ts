import type { Transaction } from "../../db/unitOfWork.ts";
import { invalid, refusedAt } from "../../errors.ts";
import type { RowOf } from "../kinds.ts";
import { refuseHotPlug } from "../vm/hotPlug.ts";
import { withNextRun } from "../noun/nextRun.ts";
import { requireStateForDevices } from "../vm/states.ts";
import type { DiskInterface } from "./diskAttachment.ts";

/** What verbs that put a disk into a VM share. */

export interface AttachmentSettings {
  /** False when absent. */
  bootable?: boolean | null | undefined;
  /** VIRTIO when absent. */
  interface?: DiskInterface | null | undefined;
  /** False when absent. */
  readOnly?: boolean | null | undefined;
  /** True when absent. */
  active?: boolean | null | undefined;
  /** True when absent. */
  passDiscard?: boolean | null | undefined;
}

/** Throws INVALID (other data center, device that cannot be read-only), CONFLICT (second bootable disk), NOT_ALLOWED_IN_STATE. */
export function attachDisk(
  tx: Transaction,
  { vm, disk, settings }: { vm: RowOf<"Vm">; disk: RowOf<"Disk">; settings: AttachmentSettings },
): RowOf<"DiskAttachment"> {
  requireAttachable(tx, vm, disk);
  const attachment = {
    vmId: vm.id,
    diskId: disk.id,
    bootable: settings.bootable ?? false,
    interface: settings.interface ?? "VIRTIO",
    readOnly: settings.readOnly ?? false,
    active: settings.active ?? true,
    passDiscard: settings.passDiscard ?? true,
  };
  checkAttachment(tx, attachment);
  tx.claim("Vm", vm);
  return tx.insert("DiskAttachment", attachment);
}

/** Throws INVALID (other data center), NOT_ALLOWED_IN_STATE. */
export function requireAttachable(tx: Transaction, vm: RowOf<"Vm">, disk: RowOf<"Disk">): void {
  requireStateForDevices(vm, "attachDisk");
  refuseHotPlug(vm);
  const domain = tx.need("StorageDomain", disk.storageDomainId);
  if (domain.dataCenterId !== tx.need("Cluster", vm.clusterId).dataCenterId)
    throw invalid("input", `VM ${vm.name} and disk ${disk.name} are in different data centers.`, "OTHER_DATA_CENTER");
}

/** Throws INVALID, CONFLICT. `id`: the attachment itself, when it is there already. */
export function checkAttachment(
  { snapshot }: Transaction,
  attachment: Pick<RowOf<"DiskAttachment">, "vmId" | "bootable" | "interface" | "readOnly"> & { id?: string },
): void {
  if (attachment.readOnly && attachment.interface === "SATA")
    throw invalid("input.readOnly", "A SATA disk cannot be read-only.", "READ_ONLY_SATA");
  if (attachment.interface === "VIRTIO_SCSI" && !withNextRun(snapshot.need("Vm", attachment.vmId)).virtioScsi.enabled)
    throw invalid("input.interface", "The VM has no SCSI controller: see virtioScsi.", "VIRTIO_SCSI_DISABLED");
  if (!attachment.bootable) return;
  const other = snapshot.by("DiskAttachment", "vmId", attachment.vmId).find(({ bootable, id }) => bootable && id !== attachment.id);
  if (!other) return;
  const message = `A VM boots from one disk at most, and this one from ${snapshot.need("Disk", other.diskId).name}.`;
  throw refusedAt("input.bootable", "CONFLICT", { code: "BOOTABLE", message });
}
