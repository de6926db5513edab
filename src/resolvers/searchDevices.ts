import { DiskFormat, DiskStatus } from "../domain/disk/disk.ts";
import type { Snapshot } from "../domain/inventory/snapshot.ts";
import type { RowOf } from "../domain/kinds.ts";
import { StorageDomainStatus } from "../domain/storage/storageDomain.ts";
import { both, commented, count, flag, gibibytes, ids, named, opaque, state, text, to, type Get, type SearchTable } from "./searchTable.ts";

const vmsOfDisk = (row: { id: string }, snapshot: Snapshot) => snapshot.by("DiskAttachment", "diskId", row.id).map(({ vmId }) => vmId);

export const Disk: SearchTable<RowOf<"Disk">> = {
  prefixes: ["disk", "disks"],
  name: (row) => row.name,
  fields: {
    ...named,
    alias: text((row) => row.name),
    status: state(DiskStatus, (row) => row.status),
    format: state(DiskFormat, (row) => row.format),
    provisioned_size: gibibytes((row) => row.provisionedSize),
    size: gibibytes((row) => row.provisionedSize),
    actual_size: gibibytes((row) => row.actualSize),
    number_of_vms: count((row, snapshot) => vmsOfDisk(row, snapshot).length),
    vm_names: text((row, snapshot) => vmsOfDisk(row, snapshot).map((id) => snapshot.get("Vm", id)?.name)),
  },
  references: {
    storage: to("StorageDomain", (row) => [row.storageDomainId]),
    ...both(
      "datacenter",
      to("DataCenter", (row, snapshot) => [snapshot.get("StorageDomain", row.storageDomainId)?.dataCenterId ?? null]),
    ),
    ...both("vm", to("Vm", vmsOfDisk)),
  },
};

const diskOf: Get<RowOf<"DiskAttachment">> = (row, snapshot) => snapshot.get("Disk", row.diskId)?.name;
export const DiskAttachment: SearchTable<RowOf<"DiskAttachment">> = {
  prefixes: ["diskattachment", "diskattachments"],
  name: diskOf,
  fields: { id: opaque((row) => row.id), name: text(diskOf), bootable: flag((row) => row.bootable), active: flag((row) => row.active) },
  references: {
    ...both(
      "vm",
      to("Vm", (row) => [row.vmId]),
    ),
    ...both(
      "disk",
      to("Disk", (row) => [row.diskId]),
    ),
  },
};

export const StorageDomain: SearchTable<RowOf<"StorageDomain">> = {
  prefixes: ["storage", "storagedomain", "storagedomains"],
  name: (row) => row.name,
  fields: {
    ...commented,
    status: state(StorageDomainStatus, (row) => row.status),
    type: text((row) => [row.type, row.storage.type]),
    free_size: gibibytes((row) => row.available),
    used_size: gibibytes((row) => row.used),
    total_size: gibibytes((row) => (row.available === null || row.used === null ? null : row.available + row.used)),
  },
  references: {
    ...both(
      "datacenter",
      to("DataCenter", (row) => [row.dataCenterId]),
    ),
    ...both(
      "disk",
      to("Disk", (row, snapshot) => ids(snapshot.by("Disk", "storageDomainId", row.id))),
    ),
    ...both(
      "cluster",
      to("Cluster", (row, snapshot) => ids(snapshot.by("Cluster", "dataCenterId", row.dataCenterId))),
    ),
  },
};

export const Network: SearchTable<RowOf<"Network">> = {
  prefixes: ["network", "networks"],
  name: (row) => row.name,
  fields: {
    ...commented,
    mtu: count((row) => row.mtu),
    required: flag((row) => row.required),
  },
  references: {
    ...both(
      "datacenter",
      to("DataCenter", (row) => [row.dataCenterId]),
    ),
    ...both(
      "vnicprofile",
      to("VnicProfile", (row, snapshot) => ids(snapshot.by("VnicProfile", "networkId", row.id))),
    ),
  },
};

export const VnicProfile: SearchTable<RowOf<"VnicProfile">> = {
  prefixes: ["vnicprofile", "vnicprofiles"],
  name: (row) => row.name,
  fields: commented,
  references: {
    ...both(
      "network",
      to("Network", (row) => [row.networkId]),
    ),
  },
};

export const Nic: SearchTable<RowOf<"Nic">> = {
  prefixes: ["nic", "nics", "vnic", "vnics"],
  name: (row) => row.name,
  fields: {
    id: opaque((row) => row.id),
    name: text((row) => row.name),
    mac: text((row) => row.macAddress),
    linked: flag((row) => row.linked),
    plugged: flag((row) => row.plugged),
  },
  references: {
    ...both(
      "vm",
      to("Vm", (row) => [row.vmId]),
    ),
    ...both(
      "vnicprofile",
      to("VnicProfile", (row) => [row.vnicProfileId]),
    ),
  },
};
