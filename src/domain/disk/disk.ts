import { ObjectType } from "type-graphql";
import { Entity, Index } from "typeorm";
import { Big, Flag, graphqlEnum, Id, OneOf, Reference, Text, Version } from "../columns.ts";
import { StorageDomain } from "../storage/storageDomain.ts";
import { Vm } from "../vm/vm.ts";

export const DiskStatus = graphqlEnum("DiskStatus", "OK = usable; LOCKED = a job works on it; ILLEGAL = broken.", [
  "OK",
  "LOCKED",
  "ILLEGAL",
]);
export type DiskStatus = keyof typeof DiskStatus;
export const DiskFormat = graphqlEnum("DiskFormat", "COW = qcow2.", ["COW", "RAW"]);
export type DiskFormat = keyof typeof DiskFormat;
export const DiskInterface = graphqlEnum("DiskInterface", "How a VM sees a disk.", ["VIRTIO", "VIRTIO_SCSI", "SATA"]);
export type DiskInterface = keyof typeof DiskInterface;

@ObjectType({ description: "A virtual disk." })
@Entity({ name: "disk" })
@Index("ix_disk_name", ["name"])
export class Disk {
  @Id() id: string;
  @Version() version: number;
  @Text("Need not be unique.") name: string;
  @Text("What it is for.") description: string;
  @Reference(() => StorageDomain, "disk_storageDomainId") storageDomainId: string;
  @OneOf(DiskStatus, "State.") status: DiskStatus;
  @OneOf(DiskFormat, "Format of the image.") format: DiskFormat;
  @Flag("Whether space is taken only when it is written to.") sparse: boolean;
  @Big("Size the VM sees, in bytes.") provisionedSize: number;
  @Big("Bytes taken on the storage, as last seen by a host.") actualSize: number;
  @Text("Id of the image in the storage domain.", { length: 36 }) imageId: string;
}

@ObjectType({ description: "A disk in a VM." })
@Entity({ name: "disk_attachment" })
@Index("uq_disk_attachment", ["vmId", "diskId"], { unique: true })
export class DiskAttachment {
  @Id() id: string;
  @Version() version: number;
  @Reference(() => Vm, "disk_attachment_vmId") vmId: string;
  @Reference(() => Disk, "disk_attachment_diskId") diskId: string;
  @Flag("Whether the VM boots from it; one at most.") bootable: boolean;
  @OneOf(DiskInterface, "How the VM sees it.") interface: DiskInterface;
  @Flag("Whether it is plugged.") active: boolean;
  @Flag("Whether the VM may only read it.") readOnly: boolean;
}
