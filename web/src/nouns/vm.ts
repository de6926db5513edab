import { graphql as fragment, type ResultOf } from "../graphql/graphql.ts";
import { clock } from "../lib/clock.svelte.ts";
import { absolute, bytes, counted, duration, topology, vcpus, words } from "../lib/units.ts";
import { drawn, name, number, status, text } from "../noun/columns.ts";
import * as field from "../noun/fields.ts";
import { noun, rows, type Question } from "../noun/noun.ts";
import { linkTo } from "../noun/value.ts";
import { addressesOf, hasStarted } from "../vms/facts.ts";
import { watchLoad } from "../vms/load.svelte.ts";
import MigrateDialog from "../vms/MigrateDialog.svelte";
import VmCharts from "../vms/VmCharts.svelte";
import { cpuCell, memoryCell, uptimeCell } from "../vms/VmCells.svelte";
import { permissionsOn } from "./permission.ts";
import { FIRMWARE, known, onOff } from "./shared.ts";

const ROW = fragment(`
  fragment VmRow on Vm {
    id name status statusDetail memory startTime
    cpu { topology { sockets cores threads } mode cpuTune { vcpuPins { vcpu cpuSet } } }
    host { id name }
    cluster { id name }
    reportedDevices { ips { address version } }
  }
`);
const DETAILS = fragment(`
  fragment VmDetails on Vm {
    version description comment type stopReason stopTime creationTime deleteProtected fqdn
    memoryPolicy { guaranteed ballooning }
    template { id name }
    os { type }
    bios { type bootMenu { enabled } }
    display { type videoType monitors keyboardLayout address port }
    highAvailability { enabled priority }
    placementPolicy { affinity }
    placementHosts { id name }
    instanceType { id name }
    cpuProfile { id name }
    affinityGroups { id name }
    affinityLabels { id name }
    tags { id name }
    nextRun { fields }
    guestOperatingSystem { distribution version kernel architecture }
    guestTimeZone { name utcOffset }
    migratingTo { id name }
    nics {
      id name interface linked plugged
      mac { address }
      network { id name }
      vnicProfile { id name }
      reportedDevices { name ips { address } }
    }
    diskAttachments {
      id bootable interface active readOnly
      disk { id name status format sparse provisionedSize actualSize storageDomain { id name } }
    }
  }
`);
export type VmRow = ResultOf<typeof ROW>;
export type VmDetails = VmRow & ResultOf<typeof DETAILS>;

const time = (value: string | null) => value && absolute(Date.parse(value));
const reason = { reason: field.text("Reason", { placeholder: "Optional" }) };
const ask = (question: string, more: Partial<Question<VmDetails>> = {}): Question<VmDetails> => ({ text: () => question, ...more });

const VM_TYPES: Record<string, string> = { DESKTOP: "Desktop", SERVER: "Server", HIGH_PERFORMANCE: "High performance" };
const AFFINITIES: Record<string, string> = { MIGRATABLE: "Users and the engine", USER_MIGRATABLE: "Users alone", PINNED: "Nobody" };

function removal({ diskAttachments }: VmDetails, { detachOnly }: Readonly<Record<string, unknown>>): string {
  if (diskAttachments.length === 0) return "It has no disks. This cannot be undone.";
  if (detachOnly) return "The VM is removed; its disks stay. This cannot be undone.";
  return `The VM and all that is on its ${counted(diskAttachments.length, "disk")} are removed. This cannot be undone.`;
}

export const vm = noun("Vm", ROW, DETAILS, {
  list: "vms",
  one: "virtual machine",
  many: "virtual machines",
  short: "VM",
  example: "status = up and cluster = Default sortby memory desc",
  events: "vm",
  watch: watchLoad,
  columns: [
    name(),
    status(),
    text("Host", 1, (row) => linkTo("hosts", row.host), { least: 90, sort: "on_host" }),
    text("Cluster", 7, (row) => linkTo("clusters", row.cluster), { least: 72, grow: 0.8 }),
    text("IP address", 4, (row) => ({ text: addressesOf(row)[0] ?? "", title: addressesOf(row).join("\n") }), { sort: "ip" }),
    number("vCPUs", 6, (row) => vcpus(row.cpu.topology), { least: 66, sort: "vcpus" }),
    drawn("CPU", 2, cpuCell),
    number("Memory", 5, (row) => bytes(row.memory), { sort: "memory" }),
    drawn("Memory used", 3, memoryCell),
    drawn("Uptime", 4, uptimeCell, { least: 108, grow: undefined, align: "end" }),
  ],
  glance: (it) => [linkTo("hosts", it.host, { before: "on" }), linkTo("hosts", it.migratingTo, { before: "moving to" })],
  actions: [
    // What stands still, or lies on storage, goes on: it does not begin anew.
    {
      verb: "start",
      mutation: "startVm",
      label: (it) => (["SUSPENDED", "PAUSED"].includes(it.status) ? "Resume" : "Start"),
      primary: true,
    },
    {
      verb: "shutdown",
      mutation: "shutdownVm",
      label: "Shut down",
      ask: ask("The guest is asked to power itself off.", { fields: reason }),
    },
    {
      verb: "stop",
      mutation: "stopVm",
      label: "Power off",
      ask: ask("The power is cut. What the guest has not written to its disks is lost.", { fields: reason, danger: true }),
    },
    { verb: "reboot", mutation: "rebootVm", label: "Reboot", ask: ask("The guest is asked to restart.") },
    {
      verb: "reset",
      mutation: "resetVm",
      label: "Reset",
      ask: ask("The machine starts anew, and its guest is not asked. What it has not written to its disks is lost.", { danger: true }),
    },
    { verb: "suspend", mutation: "suspendVm", label: "Suspend" },
    {
      verb: "discardMemory",
      mutation: "discardVmMemory",
      label: "Discard memory",
      ask: ask(
        "The memory of the suspended VM is thrown away, with all that its programs had not written to its disks. It starts afresh then.",
        { danger: true },
      ),
    },
    { verb: "migrate", mutation: "migrateVm", label: "Migrate", dialog: MigrateDialog },
    { verb: "cancelMigration", mutation: "cancelVmMigration", label: "Cancel migration" },
  ],
  form: {
    ...field.NAMED,
    clusterId: field.reference("Cluster", { list: "clusters", set: "add", required: true }),
    templateId: field.reference("Template", { list: "templates", set: "add", hint: "Blank when none is chosen." }),
    memory: field.mebibytes("Memory", { initial: "1024", required: true, least: 1 }),
    "cpu.topology.sockets": field.number("Sockets", { initial: "1", required: true, least: 1 }),
    "cpu.topology.cores": field.number("Cores per socket", { initial: "1", required: true, least: 1 }),
    "cpu.topology.threads": field.number("Threads per core", { initial: "1", required: true, least: 1 }),
    instanceTypeId: field.reference("Instance type", {
      list: "instanceTypes",
      set: "add",
      hint: "Sizes that are not given here come from it.",
    }),
    type: field.select("Tuned for", { options: VM_TYPES }),
    "highAvailability.enabled": field.check("Highly available: started again when it ends unasked"),
    "highAvailability.priority": field.number("Priority among highly available ones", { initial: "1", required: true, least: 1 }),
    "placementPolicy.affinity": field.select("May be moved by", { options: AFFINITIES, initial: "MIGRATABLE", required: true }),
    placementHostIds: field.references("Only hosts where it may run", { list: "hosts", hint: "Any of its cluster when none is chosen." }),
    cpuProfileId: field.reference("CPU profile", { list: "cpuProfiles" }),
    tagIds: field.references("Tags", { list: "tags" }),
    soundcardEnabled: field.check("Sound card"),
    multiQueuesEnabled: field.check("NICs with several queues"),
    startPaused: field.check("Stays paused after the start"),
    cpuShares: field.number("CPU shares", { least: 2, hint: "As others when empty." }),
    deleteProtected: field.check("Delete protection"),
  },
  remove: {
    text: removal,
    fields: (it): field.Fields => (it.diskAttachments.length > 0 ? { detachOnly: field.check("Keep the disks") } : {}),
  },
  sections: [
    { component: VmCharts },
    {
      facts: "General",
      of: (it) => [
        ["Cluster", linkTo("clusters", it.cluster)],
        ["Host", linkTo("hosts", it.host)],
        ["Template", linkTo("templates", it.template)],
        ["Tuned for", words(it.type)],
        ["Created", time(it.creationTime)],
        hasStarted(it) && it.startTime
          ? ["Uptime", `${duration((clock.now - Date.parse(it.startTime)) / 1_000)} (since ${time(it.startTime)})`]
          : ["Stopped", time(it.stopTime)],
        ["Stop reason", it.stopReason ?? undefined],
        ["Delete protection", onOff(it.deleteProtected)],
        ["Highly available", it.highAvailability.enabled ? `Yes, priority ${it.highAvailability.priority}` : "No"],
        ["May be moved by", AFFINITIES[it.placementPolicy.affinity]],
        ["Only on", it.placementHosts.map((host) => host.name).join(", ") || undefined],
        ["Affinity groups", it.affinityGroups.map((group) => group.name).join(", ") || undefined],
        ["Affinity labels", it.affinityLabels.map((label) => label.name).join(", ") || undefined],
        ["Instance type", linkTo("instanceTypes", it.instanceType) ?? undefined],
        ["CPU profile", linkTo("cpuProfiles", it.cpuProfile) ?? undefined],
        ["Tags", it.tags.map((tag) => tag.name).join(", ") || undefined],
        ["From its next run", it.nextRun ? `Changed: ${it.nextRun.fields.join(", ")}` : undefined],
        ...known(it),
      ],
    },
    {
      facts: "System",
      of: (it) => [
        ["Memory", bytes(it.memory)],
        ["Guaranteed", bytes(it.memoryPolicy.guaranteed)],
        ["Ballooning", onOff(it.memoryPolicy.ballooning)],
        ["vCPUs", topology(it.cpu.topology)],
        ["Firmware", FIRMWARE[it.bios.type] ?? it.bios.type],
        ["Operating system", it.os.type],
        [
          "Graphics",
          [it.display.type, it.display.address && it.display.port && `${it.display.address}:${it.display.port}`].filter(Boolean).join(" "),
        ],
      ],
    },
    {
      facts: "Guest",
      of: ({ guestOperatingSystem: os, guestTimeZone: zone, ...it }) => [
        ["Host name", it.fqdn],
        ["Addresses", addressesOf(it).join(", ") || null],
        ["System", os && `${os.distribution} ${os.version}`.trim()],
        ["Kernel", os && `${os.kernel} (${os.architecture})`],
        ["Time zone", zone && `${zone.name} (${zone.utcOffset})`],
      ],
    },
    rows(
      "Disks",
      (it) => it.diskAttachments,
      [
        { label: "Name", draw: ({ disk, ...at }) => ({ ...linkTo("disks", disk)!, note: notesOf(at) }) },
        { label: "Status", draw: ({ disk }) => ({ status: disk.status }) },
        { label: "Size", draw: ({ disk }) => bytes(disk.provisionedSize), end: true },
        { label: "Used", draw: ({ disk }) => bytes(disk.actualSize), end: true },
        {
          label: "Format",
          draw: ({ disk, ...at }) => ({
            text: `${disk.format === "COW" ? "qcow2" : "raw"}${disk.sparse ? ", thin" : ""}`,
            note: words(at.interface),
          }),
        },
        { label: "Storage", draw: ({ disk }) => linkTo("storageDomains", disk.storageDomain) },
      ],
      "No disks.",
    ),
    rows(
      "Network interfaces",
      (it) => it.nics,
      [
        { label: "Name", draw: (nic) => ({ text: nic.name, note: words(nic.interface) }) },
        { label: "Link", draw: (nic) => (!nic.plugged ? "Unplugged" : nic.linked ? "Up" : "Cable out") },
        {
          label: "Network",
          draw: ({ network, vnicProfile }) =>
            network && { ...linkTo("networks", network)!, note: vnicProfile && vnicProfile.name !== network.name ? vnicProfile.name : "" },
        },
        { label: "MAC address", draw: ({ mac }) => mac.address, mono: true },
        {
          label: "IP addresses",
          draw: ({ reportedDevices }) => reportedDevices.flatMap(({ ips }) => ips.map(({ address }) => address)).join(", "),
        },
      ],
      "No network interfaces.",
    ),
    permissionsOn("Vm"),
  ],
});

const notesOf = ({ bootable, readOnly, active }: { bootable: boolean; readOnly: boolean; active: boolean }) =>
  [bootable && "boot", readOnly && "read only", !active && "unplugged"].filter(Boolean).join(", ");
