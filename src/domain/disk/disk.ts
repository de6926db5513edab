import { randomUUID } from "node:crypto";
import { Index } from "typeorm";
import { Big, Flag, graphqlEnum, Id, Name, OneOf, Reference, sentences, Text, Version } from "../noun/columns.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import { both, count, text, to } from "../inventory/search/table.ts";
import { Noun } from "../noun/declaration.ts";
import { DiskProfile } from "../sla/diskProfile.ts";
import { StorageDomain } from "../storage/storageDomain.ts";
import { checkSize } from "./size.ts";

/** Each state as the rest of a sentence that begins with the object's name. */
const PHRASES = { OK: "is ready", LOCKED: "is locked by a job", ILLEGAL: "is broken" } as const;
export const DiskStatus = graphqlEnum("DiskStatus", "State of a disk.", sentences(PHRASES));
export type DiskStatus = keyof typeof DiskStatus;
export const DiskFormat = graphqlEnum("DiskFormat", "Format of an image.", {
  COW: "qcow2: takes space as it is written to.",
  RAW: "As it is, without a format.",
});
export type DiskFormat = keyof typeof DiskFormat;

const vmsOf = ({ id }: { id: string }, snapshot: Snapshot) => snapshot.by("DiskAttachment", "diskId", id).map(({ vmId }) => vmId);

@Noun<Disk>({
  description: "A virtual disk.",
  within: "storageDomainId",
  rights: { add: "CREATE_DISK", update: "EDIT_DISK_PROPERTIES", remove: "DELETE_DISK" },
  alsoWithin: ({ id }, snapshot) => snapshot.by("DiskAttachment", "diskId", id).map(({ vmId }) => ({ kind: "Vm", id: vmId })),
  owner: "DiskOperator",
  phrases: PHRASES,
  search: {
    fields: {
      number_of_vms: count((row, snapshot) => vmsOf(row, snapshot).length),
      vm_names: text((row, snapshot) => vmsOf(row, snapshot).map((id) => snapshot.get("Vm", id)?.name)),
    },
    references: {
      storage: to("StorageDomain", (row) => [row.storageDomainId]),
      ...both(
        "datacenter",
        to("DataCenter", (row, snapshot) => [snapshot.get("StorageDomain", row.storageDomainId)?.dataCenterId ?? null]),
      ),
      ...both("vm", to("Vm", vmsOf)),
    },
  },
  ovirt: {
    "AttachedStorageDomainDiskService.remove": { as: "removeDisk" },
    "AttachedStorageDomainDiskService.update": { as: "updateDisk" },
    "AttachedStorageDomainDisksService.add": { as: "addDisk" },
    "Disk.totalSize": { as: "actualSize", why: "There are no snapshots yet, so its image is all of it." },
    "Disk.storageDomains": { as: "storageDomain", why: "An image is in exactly one storage domain." },
    "StorageDomainDiskService.remove": { as: "removeDisk" },
    "StorageDomainDiskService.update": { as: "updateDisk" },
    StorageDomainDisksService: {
      why: "A disk is made, changed and removed in one way, wherever one looks at it from; its input names the storage domain.",
    },
    "StorageDomainDisksService.add": { as: "addDisk" },
  },
})
@Index("ix_disk_name", ["name"])
export class Disk {
  @Id() id: string;
  @Version() version: number;
  @Name("Need not be unique.", { search: ["name", "alias"] }) name: string;
  @Text("What it is for.", { set: "always", default: "", search: true }) description: string;
  @Reference(() => StorageDomain, "Where its image is.", { set: "add", back: "disks", backDescription: "Its disks." })
  storageDomainId: string;
  @Reference(() => DiskProfile, "How fast it may be, from the next start of its VM; null = as fast as it can.", {
    set: "always",
    nullable: true,
    back: "disks",
    backDescription: "Disks that have it.",
    seen: true,
    needs: "ATTACH_DISK_PROFILE",
  })
  diskProfileId: string | null;
  @Flag("Whether the guest is told of errors, rather than its VM paused, from the next start of its VM.", { set: "always", default: false })
  propagateErrors: boolean;
  @OneOf(DiskStatus, "State.", { default: "LOCKED", search: true }) status: DiskStatus;
  @OneOf(DiskFormat, "Format of the image.", { set: "add", default: "COW", search: true }) format: DiskFormat;
  @Flag("Whether space is taken only when it is written to.", { set: "add", otherwise: "True for COW, false for RAW," }) sparse: boolean;
  @Big("Size the VM sees, in bytes: 1 MiB to 8 TiB, a multiple of 512. It only grows, and while its VM is down.", {
    set: "always",
    check: checkSize,
    search: { names: ["provisioned_size", "size"], unit: 2 ** 30 },
  })
  provisionedSize: number;
  @Big("Bytes taken on the storage, as last seen by a host.", { default: 0, search: { unit: 2 ** 30 } }) actualSize: number;
  @Text("Id of the image in the storage domain.", { length: 36, default: () => randomUUID() }) imageId: string;
}
