import type { Snapshot } from "../inventory/snapshot.ts";
import { both, count, mebibytes, state, text, to, type SearchFacts } from "../inventory/search/table.ts";
import { Architecture } from "../values.ts";
import type { Vm } from "./vm.ts";

type Row = Readonly<Vm>;
const clusterOf = (row: Row, snapshot: Snapshot) => snapshot.get("Cluster", row.clusterId);
const disksOf = (row: Row, snapshot: Snapshot) => snapshot.by("DiskAttachment", "vmId", row.id).map(({ diskId }) => diskId);

/** oVirt's fields of a VM that are no column of it. */
export const VM_SEARCH: SearchFacts<Row> = {
  fields: {
    ip: text((row) => row.reportedDevices.flatMap(({ ips }) => ips.map(({ address }) => address))),
    os: text((row) => [row.os.type, row.guestOperatingSystem?.distribution]),
    apps: text((row) => row.applicationNames),
    architecture: state(Architecture, (row, snapshot) => clusterOf(row, snapshot)?.cpu.architecture),
    guaranteed_memory: mebibytes((row) => row.memoryPolicy.guaranteed),
    vcpus: count(({ cpu: { topology } }) => topology.sockets * topology.cores * topology.threads),
    on_host: text((row, snapshot) => snapshot.get("Host", row.hostId)?.name),
    bios_type: text((row) => row.bios.type),
  },
  references: {
    ...both(
      "datacenter",
      to("DataCenter", (row, snapshot) => [clusterOf(row, snapshot)?.dataCenterId ?? null]),
    ),
    ...both("disk", to("Disk", disksOf)),
    storage: to("StorageDomain", (row, snapshot) => disksOf(row, snapshot).map((id) => snapshot.get("Disk", id)?.storageDomainId ?? null)),
    vnic: to("Nic", (row, snapshot) => snapshot.by("Nic", "vmId", row.id).map(({ id }) => id)),
  },
};
