import "../../src/domain/noun/all.ts";
import type { HostCapabilities } from "../../schema/hostlink.ts";
import type { InventoryKind, RowOf } from "../../src/domain/kinds.ts";
import { declarationOf } from "../../src/domain/noun/declaration.ts";
import { defaultsOf } from "../../src/domain/noun/rows.ts";

/** Rows with sensible values, for specs of pure code; what a spec is about it says itself. */

export const GIB = 2 ** 30;
export const MIB = 2 ** 20;
/** The n-th of a fixed row of UUIDs, in order. */
export const uuid = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;
const AT = new Date("2026-11-22T12:00:00Z");
export const CLUSTER = uuid(1);
/** What a new one holds of which nothing is said. */
const asDeclared = <K extends InventoryKind>(kind: K) => defaultsOf(declarationOf(kind), { now: AT }) as unknown as RowOf<K>;

export const capabilities = (patch: Partial<HostCapabilities> = {}): HostCapabilities => ({
  hostname: "host1",
  hardwareUuid: uuid(0xffff),
  cpu: { model: "EPYC", vendor: "AMD", features: [], sockets: 1, cores: 8, threads: 2, speed: 2_400, architecture: "x86_64" },
  memory: 16 * GIB,
  numaNodes: [],
  virtualization: "kvm",
  machineTypes: ["pc", "pc-i440fx-6.2", "pc-i440fx-7.2", "q35", "pc-q35-6.2", "pc-q35-7.2"],
  cpuModels: ["qemu64", "Nehalem", "EPYC"],
  uefi: true,
  nics: [],
  bridges: ["ovirtmgmt", "br-vm"],
  versions: { agent: "1.0.0", libvirt: "9.0.0", qemu: "7.2.0", kernel: "6.1", os: "Debian 12" },
  migrationUri: "qemu+tcp://10.99.0.1/system",
  ...patch,
});

export const aCluster = (patch: Partial<RowOf<"Cluster">> = {}): RowOf<"Cluster"> => ({
  ...asDeclared("Cluster"),
  id: CLUSTER,
  version: 1,
  name: "Default",
  description: "",
  comment: "",
  dataCenterId: uuid(2),
  cpu: { architecture: "X86_64", type: null },
  biosType: "Q35_SEA_BIOS",
  ballooningEnabled: true,
  memoryPolicy: { overCommit: { percent: 100 } },
  migration: { autoConverge: true, bandwidth: null },
  ...patch,
});

export const aHost = (patch: Partial<RowOf<"Host">> & { id: string }): RowOf<"Host"> => ({
  ...asDeclared("Host"),
  version: 1,
  name: `host-${patch.id.slice(-2)}`,
  description: "",
  comment: "",
  address: "10.99.0.1",
  clusterId: CLUSTER,
  status: "UP",
  statusDetail: null,
  maintenanceReason: null,
  statusSince: AT,
  cpu: null,
  memory: 16 * GIB,
  os: null,
  libvirtVersion: null,
  agentVersion: "1.0.0",
  certificate: null,
  certificateNotice: null,
  hardwareUuid: null,
  virtualization: "KVM",
  capabilities: capabilities(),
  ...patch,
});

export const aVm = (patch: Partial<RowOf<"Vm">> = {}): RowOf<"Vm"> => ({
  ...asDeclared("Vm"),
  id: uuid(0x100),
  version: 1,
  name: "web1",
  clusterId: CLUSTER,
  templateId: uuid(3),
  memoryPolicy: { guaranteed: GIB, ballooning: true },
  cpu: { topology: { sockets: 1, cores: 2, threads: 1 } },
  os: { type: "other_linux", boot: { devices: ["HD"] }, kernel: null, initrd: null, cmdline: null },
  console: { enabled: false },
  ...patch,
});

export const aNic = (patch: Partial<RowOf<"Nic">> = {}): RowOf<"Nic"> => ({
  ...asDeclared("Nic"),
  id: uuid(0x200),
  version: 1,
  name: "nic1",
  vmId: uuid(0x100),
  vnicProfileId: uuid(0x300),
  interface: "VIRTIO",
  macAddress: "56:6f:00:00:00:01",
  linked: true,
  plugged: true,
  ...patch,
});

export const aProfile = (patch: Partial<RowOf<"VnicProfile">> = {}): RowOf<"VnicProfile"> => ({
  ...asDeclared("VnicProfile"),
  id: uuid(0x300),
  version: 1,
  name: "lan",
  description: "",
  comment: "",
  networkId: uuid(0x400),
  ...patch,
});

export const aNetwork = (patch: Partial<RowOf<"Network">> = {}): RowOf<"Network"> => ({
  ...asDeclared("Network"),
  id: uuid(0x400),
  version: 1,
  name: "lan",
  description: "",
  comment: "",
  dataCenterId: uuid(2),
  vdsmName: "br-vm",
  mtu: 1_500,
  required: true,
  ...patch,
});

export const aDisk = (patch: Partial<RowOf<"Disk">> = {}): RowOf<"Disk"> => ({
  ...asDeclared("Disk"),
  id: uuid(0x500),
  version: 1,
  name: "system",
  description: "",
  storageDomainId: uuid(0x600),
  status: "OK",
  format: "COW",
  sparse: true,
  provisionedSize: 10 * GIB,
  actualSize: 0,
  imageId: uuid(0x700),
  ...patch,
});

export const anAttachment = (patch: Partial<RowOf<"DiskAttachment">> = {}): RowOf<"DiskAttachment"> => ({
  ...asDeclared("DiskAttachment"),
  id: uuid(0x800),
  version: 1,
  vmId: uuid(0x100),
  diskId: uuid(0x500),
  bootable: true,
  interface: "VIRTIO",
  active: true,
  readOnly: false,
  ...patch,
});

export const aQos = (patch: Partial<RowOf<"Qos">>): RowOf<"Qos"> => ({
  ...asDeclared("Qos"),
  id: uuid(0x900),
  version: 1,
  name: "limited",
  dataCenterId: uuid(2),
  ...patch,
});
