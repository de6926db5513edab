import { DataCenterStatus } from "../domain/dataCenter/dataCenter.ts";
import { DiskFormat, DiskStatus } from "../domain/disk/disk.ts";
import { LogSeverity, type Event } from "../domain/event/event.ts";
import { HostStatus } from "../domain/host/host.ts";
import type { Snapshot } from "../domain/inventory/snapshot.ts";
import type { InventoryKind, RowOf } from "../domain/kinds.ts";
import { StorageDomainStatus } from "../domain/storage/storageDomain.ts";
import { TemplateStatus } from "../domain/template/template.ts";
import { Architecture } from "../domain/values.ts";
import { VmStatus, VmType } from "../domain/vm/vm.ts";
import type { FieldType, Value } from "./searchValue.ts";

export type SearchKind = InventoryKind | "Event";
export type SearchRow<K extends SearchKind> = K extends InventoryKind ? RowOf<K> : Readonly<Event>;
type Get<R> = (row: R, snapshot: Snapshot) => Value | readonly Value[];
export type SearchField<R> = FieldType & { get: Get<R> };
export interface SearchReference<R> {
  kind: InventoryKind;
  ids: (row: R, snapshot: Snapshot) => readonly (string | null)[];
}
/** What rows of a kind can be searched by: oVirt's names. A reference stands for the name of the object there, or `reference.field` for any of its fields. */
export interface SearchTable<R> {
  /** Before the colon. */
  prefixes: readonly string[];
  /** What people know a row by: a free word is looked for in it. */
  name: Get<R>;
  fields: Record<string, SearchField<R>>;
  references: Record<string, SearchReference<R>>;
}

const text = <R>(get: Get<R>): SearchField<R> => ({ type: "text", get });
const time = <R>(get: Get<R>): SearchField<R> => ({ type: "time", get });
const flag = <R>(get: Get<R>): SearchField<R> => ({ type: "flag", get });
const count = <R>(get: Get<R>): SearchField<R> => ({ type: "number", get });
/** oVirt counts memory in MiB and disks in GiB where no unit is written. */
const mebibytes = <R>(get: Get<R>): SearchField<R> => ({ type: "number", unit: 2 ** 20, get });
const gibibytes = <R>(get: Get<R>): SearchField<R> => ({ type: "number", unit: 2 ** 30, get });
const state = <R>(states: object, get: Get<R>): SearchField<R> => ({ type: "state", states: Object.keys(states), get });
const to = <R>(kind: InventoryKind, ids: SearchReference<R>["ids"]): SearchReference<R> => ({ kind, ids });
/** The same reference in singular and plural. */
const both = <R>(name: string, reference: SearchReference<R>) => ({ [name]: reference, [`${name}s`]: reference });

type Named = Readonly<{ id: string; name: string; description: string }>;
const named: Record<string, SearchField<Named>> = {
  id: text((row) => row.id),
  name: text((row) => row.name),
  description: text((row) => row.description),
};
const commented: Record<string, SearchField<Named & { readonly comment: string }>> = { ...named, comment: text((row) => row.comment) };

const clusterOf = (row: { clusterId: string }, snapshot: Snapshot) => snapshot.get("Cluster", row.clusterId);
const dataCenterOf = (row: { clusterId: string }, snapshot: Snapshot) => [clusterOf(row, snapshot)?.dataCenterId ?? null];
const vcpus = ({ sockets, cores, threads }: { sockets: number; cores: number; threads: number }) => sockets * cores * threads;
const disksOf = (row: { id: string }, snapshot: Snapshot) => snapshot.by("DiskAttachment", "vmId", row.id).map(({ diskId }) => diskId);
const vmsOfDisk = (row: { id: string }, snapshot: Snapshot) => snapshot.by("DiskAttachment", "diskId", row.id).map(({ vmId }) => vmId);
const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

const Vm: SearchTable<RowOf<"Vm">> = {
  prefixes: ["vm", "vms"],
  name: (row) => row.name,
  fields: {
    ...commented,
    status: state(VmStatus, (row) => row.status),
    type: state(VmType, (row) => row.type),
    fqdn: text((row) => row.fqdn),
    ip: text((row) => row.reportedDevices.flatMap(({ ips }) => ips.map(({ address }) => address))),
    os: text((row) => [row.os.type, row.guestOperatingSystem?.distribution]),
    apps: text((row) => row.applicationNames),
    architecture: state(Architecture, (row, snapshot) => clusterOf(row, snapshot)?.cpu.architecture),
    memory: mebibytes((row) => row.memory),
    guaranteed_memory: mebibytes((row) => row.memoryPolicy.guaranteed),
    vcpus: count((row) => vcpus(row.cpu.topology)),
    creationdate: time((row) => row.creationTime),
    on_host: text((row, snapshot) => snapshot.get("Host", row.hostId)?.name),
    custom_emulated_machine: text((row) => row.customEmulatedMachine),
    custom_cpu_type: text((row) => row.customCpuModel),
    bios_type: text((row) => row.bios.type),
  },
  references: {
    ...both(
      "host",
      to("Host", (row) => [row.hostId]),
    ),
    ...both(
      "cluster",
      to("Cluster", (row) => [row.clusterId]),
    ),
    ...both("datacenter", to("DataCenter", dataCenterOf)),
    ...both(
      "template",
      to("Template", (row) => [row.templateId]),
    ),
    ...both("disk", to("Disk", disksOf)),
    storage: to("StorageDomain", (row, snapshot) => disksOf(row, snapshot).map((id) => snapshot.get("Disk", id)?.storageDomainId ?? null)),
    vnic: to("Nic", (row, snapshot) => ids(snapshot.by("Nic", "vmId", row.id))),
  },
};

const Host: SearchTable<RowOf<"Host">> = {
  prefixes: ["host", "hosts"],
  name: (row) => row.name,
  fields: {
    ...commented,
    status: state(HostStatus, (row) => row.status),
    address: text((row) => row.address),
    version: text((row) => row.agentVersion),
    architecture: state(Architecture, (row) => row.cpu?.architecture),
    cpus: count((row) => row.cpu && vcpus(row.cpu.topology)),
    cpu_model: text((row) => row.cpu?.name),
    cpu_speed: count((row) => row.cpu?.speed),
    memory: mebibytes((row) => row.memory),
    hw_id: text((row) => row.hardwareUuid),
    active_vms: count((row, snapshot) => snapshot.by("Vm", "hostId", row.id).length),
  },
  references: {
    ...both(
      "cluster",
      to("Cluster", (row) => [row.clusterId]),
    ),
    ...both("datacenter", to("DataCenter", dataCenterOf)),
    ...both(
      "vm",
      to("Vm", (row, snapshot) => ids(snapshot.by("Vm", "hostId", row.id))),
    ),
  },
};

const Cluster: SearchTable<RowOf<"Cluster">> = {
  prefixes: ["cluster", "clusters"],
  name: (row) => row.name,
  fields: {
    ...commented,
    architecture: state(Architecture, (row) => row.cpu.architecture),
    cpu_type: text((row) => row.cpu.type),
  },
  references: {
    ...both(
      "datacenter",
      to("DataCenter", (row) => [row.dataCenterId]),
    ),
    ...both(
      "host",
      to("Host", (row, snapshot) => ids(snapshot.by("Host", "clusterId", row.id))),
    ),
    ...both(
      "vm",
      to("Vm", (row, snapshot) => ids(snapshot.by("Vm", "clusterId", row.id))),
    ),
  },
};

const DataCenter: SearchTable<RowOf<"DataCenter">> = {
  prefixes: ["datacenter", "datacenters"],
  name: (row) => row.name,
  fields: {
    ...commented,
    status: state(DataCenterStatus, (row) => row.status),
  },
  references: {
    ...both(
      "cluster",
      to("Cluster", (row, snapshot) => ids(snapshot.by("Cluster", "dataCenterId", row.id))),
    ),
    ...both(
      "network",
      to("Network", (row, snapshot) => ids(snapshot.by("Network", "dataCenterId", row.id))),
    ),
    storage: to("StorageDomain", (row, snapshot) => ids(snapshot.by("StorageDomain", "dataCenterId", row.id))),
  },
};

const Disk: SearchTable<RowOf<"Disk">> = {
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

const StorageDomain: SearchTable<RowOf<"StorageDomain">> = {
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

const Network: SearchTable<RowOf<"Network">> = {
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

const Template: SearchTable<RowOf<"Template">> = {
  prefixes: ["template", "templates"],
  name: (row) => row.name,
  fields: {
    ...commented,
    status: state(TemplateStatus, (row) => row.status),
    os: text((row) => row.os.type),
    mem: mebibytes((row) => row.memory),
    creationdate: time((row) => row.creationTime),
    childcount: count((row, snapshot) => snapshot.by("Vm", "templateId", row.id).length),
  },
  references: {
    ...both(
      "vm",
      to("Vm", (row, snapshot) => ids(snapshot.by("Vm", "templateId", row.id))),
    ),
  },
};

const userName: Get<RowOf<"User">> = (row) => row.userName;
const User: SearchTable<RowOf<"User">> = {
  prefixes: ["user", "users"],
  name: userName,
  fields: {
    id: text((row) => row.id),
    name: text((row) => row.name),
    lastname: text((row) => row.lastName),
    email: text((row) => row.email),
    usrname: text(userName),
    user_and_domain: text(userName),
    login: text((row) => row.userName.split("@")[0]),
    directory: text((row) => row.profile),
    role: text((row) => row.roles),
  },
  references: {},
};

const VnicProfile: SearchTable<RowOf<"VnicProfile">> = {
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

const Nic: SearchTable<RowOf<"Nic">> = {
  prefixes: ["nic", "nics", "vnic", "vnics"],
  name: (row) => row.name,
  fields: {
    id: text((row) => row.id),
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

const diskOf: Get<RowOf<"DiskAttachment">> = (row, snapshot) => snapshot.get("Disk", row.diskId)?.name;
const DiskAttachment: SearchTable<RowOf<"DiskAttachment">> = {
  prefixes: ["diskattachment", "diskattachments"],
  name: diskOf,
  fields: { id: text((row) => row.id), name: text(diskOf), bootable: flag((row) => row.bootable), active: flag((row) => row.active) },
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

const EventTable: SearchTable<Readonly<Event>> = {
  prefixes: ["event", "events"],
  name: (row) => row.description,
  fields: {
    type: count((row) => row.code),
    code: count((row) => row.code),
    name: text((row) => row.name),
    severity: { type: "state", states: Object.keys(LogSeverity), ordered: true, get: (row) => row.severity },
    message: text((row) => row.description),
    description: text((row) => row.description),
    time: time((row) => row.time),
    correlation_id: text((row) => row.correlationId),
    usrname: text((row, snapshot) => snapshot.get("User", row.userId)?.userName),
    event_vm: text((row, snapshot) => snapshot.get("Vm", row.vmId)?.name),
    event_host: text((row, snapshot) => snapshot.get("Host", row.hostId)?.name),
    event_template: text((row, snapshot) => snapshot.get("Template", row.templateId)?.name),
    event_storage: text((row, snapshot) => snapshot.get("StorageDomain", row.storageDomainId)?.name),
    event_datacenter: text((row, snapshot) => snapshot.get("DataCenter", row.dataCenterId)?.name),
    job: text((row) => row.jobId),
  },
  references: {
    ...both(
      "vm",
      to("Vm", (row) => [row.vmId]),
    ),
    ...both(
      "host",
      to("Host", (row) => [row.hostId]),
    ),
    ...both(
      "cluster",
      to("Cluster", (row) => [row.clusterId]),
    ),
    ...both(
      "datacenter",
      to("DataCenter", (row) => [row.dataCenterId]),
    ),
    ...both(
      "template",
      to("Template", (row) => [row.templateId]),
    ),
    ...both(
      "user",
      to("User", (row) => [row.userId]),
    ),
    storage: to("StorageDomain", (row) => [row.storageDomainId]),
  },
};

export const SEARCH_TABLES: { [K in SearchKind]: SearchTable<SearchRow<K>> } = {
  User,
  DataCenter,
  Cluster,
  Host,
  Template,
  StorageDomain,
  Network,
  VnicProfile,
  Vm,
  Disk,
  DiskAttachment,
  Nic,
  Event: EventTable,
};
