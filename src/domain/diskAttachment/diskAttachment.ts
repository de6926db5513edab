import { Index } from "typeorm";
import { Disk } from "../disk/disk.ts";
import { Flag, graphqlEnum, Id, OneOf, Reference, Version } from "../noun/columns.ts";
import { text } from "../inventory/search/table.ts";
import { Noun } from "../noun/declaration.ts";
import { Vm } from "../vm/vm.ts";

export const DiskInterface = graphqlEnum("DiskInterface", "How a VM sees a disk.", {
  VIRTIO: "Paravirtual block device.",
  VIRTIO_SCSI: "Disk at a paravirtual SCSI controller.",
  SATA: "Emulated, for guests without VirtIO.",
});
export type DiskInterface = keyof typeof DiskInterface;

@Noun<DiskAttachment>({
  description: "A disk in a VM.",
  within: "vmId",
  rights: { add: "CONFIGURE_VM_STORAGE", update: "CONFIGURE_VM_STORAGE", remove: "CONFIGURE_VM_STORAGE" },
  search: {
    called: (row, snapshot) => snapshot.get("Disk", row.diskId)?.name,
    fields: { name: text((row, snapshot) => snapshot.get("Disk", row.diskId)?.name) },
  },
  ovirt: {
    "VmDiskService.activate": { as: "updateDiskAttachment", why: "Plugging in is `updateDiskAttachment` with `active`." },
    "VmDiskService.deactivate": { as: "updateDiskAttachment" },
    "VmDiskService.remove": { as: "removeDiskAttachment" },
    VmDisksService: { why: "oVirt's older way to attach disks; one way is enough." },
    "VmDisksService.add": { as: "addDiskAttachment" },
  },
})
@Index("uq_disk_attachment", ["vmId", "diskId"], { unique: true })
export class DiskAttachment {
  @Id() id: string;
  @Version() version: number;
  @Reference(() => Vm, "Where the disk is.", {
    set: "add",
    back: "diskAttachments",
    few: true,
    backDescription: "Its disks.",
    onRemove: "cascade",
  })
  vmId: string;
  @Reference(() => Disk, "What is attached.", { set: "add", onRemove: "cascade", seen: true, needs: "ATTACH_DISK" }) diskId: string;
  @Flag("Whether the VM boots from it; one at most.", { set: "always", default: false, search: true }) bootable: boolean;
  @OneOf(DiskInterface, "How the VM sees it.", { set: "always", default: "VIRTIO" }) interface: DiskInterface;
  @Flag("Whether it is plugged.", { set: "always", default: true, search: true }) active: boolean;
  @Flag("Whether space that the guest gives up is given back to the storage.", { set: "always", default: true }) passDiscard: boolean;
  @Flag("Whether the VM may only read it.", { set: "always", default: false }) readOnly: boolean;
}
