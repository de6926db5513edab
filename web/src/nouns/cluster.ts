import { graphql as fragment } from "../graphql/graphql.ts";
import { name, text } from "../noun/columns.ts";
import * as field from "../noun/fields.ts";
import { noun } from "../noun/noun.ts";
import { linkTo } from "../noun/value.ts";
import { permissionsOn } from "./permission.ts";
import { FIRMWARE, known, onOff } from "./shared.ts";

const { CLUSTER_DEFAULT: _, ...OF_CLUSTERS } = FIRMWARE;

const ROW = fragment(
  `fragment ClusterRow on Cluster { id name description dataCenter { id name } cpu { architecture type } biosType macPool { id name } schedulingPolicy { id name } }`,
);
const DETAILS = fragment(`
  fragment ClusterDetails on Cluster {
    version comment ballooningEnabled memoryPolicy { overCommit { percent } } migration { autoConverge bandwidth compressed } threadsAsCores maintenanceReasonRequired
  }
`);

export const cluster = noun("Cluster", ROW, DETAILS, {
  list: "clusters",
  one: "cluster",
  many: "clusters",
  example: "datacenter = Default and architecture = x86_64",
  events: "cluster",
  columns: [
    name(),
    text("Data center", 1, (row) => linkTo("dataCenters", row.dataCenter)),
    text("CPU type", 2, (row) => row.cpu.type ?? "Safe default", { sort: "cpu_type" }),
    text("Architecture", 5, (row) => row.cpu.architecture.toLowerCase(), { sort: "architecture" }),
    text("Firmware", 4, (row) => FIRMWARE[row.biosType] ?? row.biosType),
    text("Description", 6, (row) => row.description, { sort: "description" }),
  ],
  form: {
    ...field.NAMED,
    dataCenterId: field.reference("Data center", { list: "dataCenters", set: "add", required: true }),
    biosType: field.select("Firmware", { options: OF_CLUSTERS, initial: "Q35_SEA_BIOS", required: true }),
    schedulingPolicyId: field.reference("Scheduling policy", {
      list: "schedulingPolicies",
      hint: "Even distribution when none is chosen.",
    }),
    threadsAsCores: field.check("Threads count as processors", { initial: true }),
    maintenanceReasonRequired: field.check("Maintenance of a host needs a reason"),
    macPoolId: field.reference("MAC pool", { list: "macPools", hint: "The default one when none is chosen." }),
    "memoryPolicy.overCommit.percent": field.number("Memory that may be promised, %", { initial: "100", required: true, least: 100 }),
    ballooningEnabled: field.check("VMs get a memory balloon", { initial: true }),
    "migration.autoConverge": field.check("Slow a guest down that changes faster than it moves", { initial: true }),
    "migration.bandwidth": field.number("Migration bandwidth (MiB/s)", { least: 1, hint: "Not limited when empty." }),
  },
  remove: { text: () => "The cluster is removed. It must have no hosts and no virtual machines." },
  sections: [
    {
      facts: "General",
      of: (it) => [
        ["Data center", linkTo("dataCenters", it.dataCenter)],
        ["CPU type", it.cpu.type ?? "Safe default of the virtualization in use"],
        ["Architecture", it.cpu.architecture.toLowerCase()],
        ["Firmware", FIRMWARE[it.biosType] ?? it.biosType],
        ["Memory that may be promised", `${it.memoryPolicy.overCommit.percent} %`],
        ["Ballooning", onOff(it.ballooningEnabled)],
        ["Scheduling policy", linkTo("schedulingPolicies", it.schedulingPolicy) ?? "Even distribution"],
        ["Migration bandwidth", it.migration.bandwidth === null ? "Not limited" : `${it.migration.bandwidth} MiB/s`],
        ...known(it),
      ],
    },
    { children: "hosts", search: (it) => `cluster.id = ${it.id}` },
    { children: "vms", search: (it) => `cluster.id = ${it.id}` },
    permissionsOn("Cluster"),
  ],
});
