import { graphql as fragment, type ResultOf } from "../graphql/graphql.ts";
import EnrollmentView from "../hosts/EnrollmentView.svelte";
import { ENROLLMENT } from "../hosts/enrollment.ts";
import { cpuCell, memoryCell, networkCell } from "../hosts/HostCells.svelte";
import HostCharts from "../hosts/HostCharts.svelte";
import { watchLoad } from "../hosts/load.svelte.ts";
import { absolute, bytes, counted, linkSpeed, topology, vcpus, words } from "../lib/units.ts";
import { drawn, name, number, status, text } from "../noun/columns.ts";
import * as field from "../noun/fields.ts";
import { noun, rows } from "../noun/noun.ts";
import { linkTo } from "../noun/value.ts";
import { permissionsOn } from "./permission.ts";
import { known } from "./shared.ts";

const ROW = fragment(`
  fragment HostRow on Host {
    id name address status statusDetail memory
    cpu { name topology { sockets cores threads } }
    cluster { id name }
    summary { total }
  }
`);
const DETAILS = fragment(`
  fragment HostDetails on Host {
    version description comment maintenanceReason statusSince maxSchedulingMemory virtualization agentVersion hardwareUuid
    cpu { speed architecture }
    os { description version { fullVersion } }
    libvirtVersion { fullVersion }
    summary { active migrating }
    nics { name up mtu speed bridge mac { address } ips { address } }
    numaNodes { index memory cpus }
  }
`);
export type HostRow = ResultOf<typeof ROW>;
export type HostDetails = HostRow & ResultOf<typeof DETAILS>;

const RUNS: Record<string, string> = { KVM: "KVM (hardware)", QEMU: "QEMU (emulated, slow)" };
const enrolled = { field: "enrollment", fragment: ENROLLMENT, view: EnrollmentView, title: (called: string) => `Enrol host ${called}` };

export const host = noun("Host", ROW, DETAILS, {
  list: "hosts",
  one: "host",
  many: "hosts",
  example: "status = up and cluster = Default sortby active_vms desc",
  events: "host",
  watch: watchLoad,
  columns: [
    name(),
    status({ least: 150, grow: 1.1 }),
    text("Address", 4, (row) => row.address, { sort: "address" }),
    text("Cluster", 7, (row) => linkTo("clusters", row.cluster), { least: 72, grow: 0.8 }),
    number("VMs", 1, (row) => row.summary.total, { least: 60, sort: "active_vms" }),
    number("CPUs", 6, (row) => (row.cpu ? vcpus(row.cpu.topology) : "–"), { least: 64, sort: "cpus" }),
    drawn("CPU", 2, cpuCell),
    number("Memory", 5, (row) => bytes(row.memory), { sort: "memory" }),
    drawn("Memory used", 3, memoryCell),
    drawn("Network", 7, networkCell, { least: 92, grow: 0.8, align: "end" }),
  ],
  glance: (it) => [it.address, it.maintenanceReason && `Reason: ${it.maintenanceReason}`],
  actions: [
    { verb: "activate", mutation: "activateHost", label: "Activate", primary: true },
    {
      verb: "deactivate",
      mutation: "deactivateHost",
      label: "Maintenance",
      ask: {
        title: (it) => `Send ${it.name} into maintenance?`,
        text: ({ summary: { total } }) =>
          total === 0
            ? "No virtual machine is on it now, and none will be started on it."
            : `${counted(total, "virtual machine")} will be moved to other hosts, and no other will be started on it.`,
        deed: "Send into maintenance",
        fields: { reason: field.text("Reason", { placeholder: "Optional" }) },
      },
    },
    { verb: "enrollCertificate", mutation: "enrollCertificateHost", label: "Enrol", told: enrolled },
  ],
  form: {
    name: field.text("Name", { required: true }),
    address: field.text("Address", { required: true, placeholder: "Name or IP address" }),
    clusterId: field.reference("Cluster", { list: "clusters", set: "add", required: true }),
    description: field.text("Description"),
    comment: field.text("Comment"),
  },
  told: enrolled,
  remove: { text: () => "The host leaves the engine and its certificate is revoked." },
  sections: [
    { component: HostCharts },
    {
      children: "vms",
      title: "Virtual machines on this host",
      search: (it) => `host.id = ${it.id}`,
      without: ["Cluster"],
      empty: "No virtual machine is on this host.",
    },
    {
      facts: "General",
      of: (it) => [
        ["Address", it.address],
        ["Cluster", linkTo("clusters", it.cluster)],
        ["In this state since", absolute(Date.parse(it.statusSince))],
        ["VMs", `${it.summary.active} active, ${it.summary.migrating} migrating`],
        ...known(it),
      ],
    },
    {
      facts: "Hardware",
      of: ({ cpu, numaNodes, ...it }) => [
        ["CPU", cpu && `${cpu.name}, ${cpu.speed.toFixed(0)} MHz`],
        ["Topology", cpu && topology(cpu.topology)],
        ["Architecture", cpu?.architecture.toLowerCase() ?? null],
        ["Memory", bytes(it.memory)],
        ["Free for new VMs", bytes(it.maxSchedulingMemory)],
        ["NUMA", numaNodes.map(({ index, memory, cpus }) => `node ${index}: ${bytes(memory)}, ${counted(cpus.length, "CPU")}`).join("; ")],
        ["UUID", it.hardwareUuid],
      ],
    },
    {
      facts: "Software",
      of: (it) => [
        ["System", it.os?.description ?? null],
        ["Kernel", it.os?.version.fullVersion ?? null],
        ["Virtualization", it.virtualization && (RUNS[it.virtualization] ?? words(it.virtualization))],
        ["libvirt", it.libvirtVersion?.fullVersion ?? null],
        ["Agent", it.agentVersion],
      ],
    },
    rows(
      "Network interfaces",
      (it) => it.nics,
      [
        { label: "Name", draw: (nic) => nic.name },
        { label: "Link", draw: (nic) => (nic.up ? "Up" : "Down") },
        { label: "Speed", draw: (nic) => linkSpeed(nic.speed) },
        { label: "MTU", draw: (nic) => nic.mtu, end: true },
        { label: "Bridge", draw: (nic) => nic.bridge },
        { label: "MAC address", draw: (nic) => nic.mac.address, mono: true },
        { label: "IP addresses", draw: (nic) => nic.ips.map(({ address }) => address).join(", ") },
      ],
      "None are known.",
    ),
    permissionsOn("Host"),
  ],
});
