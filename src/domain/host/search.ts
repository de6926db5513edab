import { both, count, state, text, to, type SearchFacts } from "../inventory/search/table.ts";
import { Architecture } from "../values.ts";
import type { Host } from "./host.ts";

/** oVirt's fields of a host that are no column of it. */
export const HOST_SEARCH: SearchFacts<Readonly<Host>> = {
  fields: {
    architecture: state(Architecture, (row) => row.cpu?.architecture),
    cpus: count(({ cpu }) => cpu && cpu.topology.sockets * cpu.topology.cores * cpu.topology.threads),
    cpu_model: text((row) => row.cpu?.name),
    cpu_speed: count((row) => row.cpu?.speed),
    active_vms: count((row, snapshot) => snapshot.by("Vm", "hostId", row.id).length),
  },
  references: both(
    "datacenter",
    to("DataCenter", (row, snapshot) => [snapshot.get("Cluster", row.clusterId)?.dataCenterId ?? null]),
  ),
};
