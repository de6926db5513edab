import { DataCenterStatus } from "../domain/dataCenter/dataCenter.ts";
import { HostStatus } from "../domain/host/host.ts";
import type { Snapshot } from "../domain/inventory/snapshot.ts";
import type { RowOf } from "../domain/kinds.ts";
import { TemplateStatus } from "../domain/template/template.ts";
import { Architecture } from "../domain/values.ts";
import { VmStatus, VmType } from "../domain/vm/vm.ts";
import { both, commented, count, ids, mebibytes, state, text, time, to, type SearchTable } from "./searchTable.ts";

const clusterOf = (row: { clusterId: string }, snapshot: Snapshot) => snapshot.get("Cluster", row.clusterId);
const dataCenterOf = (row: { clusterId: string }, snapshot: Snapshot) => [clusterOf(row, snapshot)?.dataCenterId ?? null];
const vcpus = ({ sockets, cores, threads }: { sockets: number; cores: number; threads: number }) => sockets * cores * threads;
const disksOf = (row: { id: string }, snapshot: Snapshot) => snapshot.by("DiskAttachment", "vmId", row.id).map(({ diskId }) => diskId);

export const Vm: SearchTable<RowOf<"Vm">> = {
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

export const Host: SearchTable<RowOf<"Host">> = {
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

export const Cluster: SearchTable<RowOf<"Cluster">> = {
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

export const DataCenter: SearchTable<RowOf<"DataCenter">> = {
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

export const Template: SearchTable<RowOf<"Template">> = {
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
