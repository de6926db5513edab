import { invalid } from "../../errors.ts";
import { checkRange } from "../input.ts";
import { Big, Flag, graphqlEnum, OneOf, Text, Value, Whole } from "../noun/columns.ts";
import {
  Bios,
  checkBandwidth,
  checkDisplay,
  Console,
  Cpu,
  Display,
  DisplayInput,
  MemoryPolicy,
  MigrationOptions,
  OperatingSystem,
  RngDevice,
  TimeZone,
  TimeZoneInput,
} from "../values.ts";
import {
  checkCpuTune,
  checkCustomProperties,
  checkHighAvailability,
  checkIo,
  checkSerialNumber,
  CpuPinningPolicy,
  CustomProperty,
  HighAvailability,
  Io,
  SerialNumber,
  Usb,
  VirtioScsi,
  VmPlacementPolicy,
  Watchdog,
} from "./devices.ts";
import { utcOffset } from "./timeZone.ts";

export const VmType = graphqlEnum("VmType", "What a VM is tuned for.", {
  DESKTOP: "For one person who sits before it.",
  SERVER: "For services.",
  HIGH_PERFORMANCE: "As near to the bare machine as can be.",
});
export type VmType = keyof typeof VmType;

const GIB = 1024 ** 3;
const TAKEN = { set: "nextRun", inherits: "templateId" } as const;
const AT_ONCE = { set: "always", inherits: "templateId" } as const;
/** What a VM and a template have in common: the machine itself. A VM takes from its template what its maker does not say. */
export class Machine {
  @OneOf(VmType, "What it is tuned for.", { ...TAKEN, default: "SERVER", search: true }) type: VmType;
  @Big("Memory in bytes, a multiple of 1 MiB.", {
    ...TAKEN,
    default: GIB,
    check: checkMemorySize,
    search: { unit: 2 ** 20 },
  })
  memory: number;
  @Value(() => MemoryPolicy, "Bounds of its memory.", {
    set: "nextRun",
    default: { guaranteed: GIB, ballooning: true },
    otherwise: "All of it guaranteed, with a balloon,",
  })
  memoryPolicy: MemoryPolicy;
  @Value(() => Cpu, "Virtual processors.", {
    ...TAKEN,
    default: { topology: { sockets: 1, cores: 1, threads: 1 }, mode: null, cpuTune: null },
    check: checkCpu,
  })
  cpu: Cpu;
  @OneOf(CpuPinningPolicy, "Whether virtual processors stay on processors of the host.", { ...TAKEN, default: "NONE" })
  cpuPinningPolicy: CpuPinningPolicy;
  @Whole("Share of a busy host's CPUs; null = as others.", { ...TAKEN, nullable: true, from: 2, to: 10_000, xml: "cputune.shares" })
  cpuShares: number | null;
  @Text("CPU model instead of the cluster's.", { ...TAKEN, nullable: true, check: checkQemuName, search: "custom_cpu_type" })
  customCpuModel: string | null;
  @Text("Machine type instead of the one that follows from `bios`.", { ...TAKEN, nullable: true, check: checkQemuName, search: true })
  customEmulatedMachine: string | null;
  @Value(() => Bios, "Firmware.", { ...TAKEN, default: { type: "CLUSTER_DEFAULT", bootMenu: null } }) bios: Bios;
  @Value(() => OperatingSystem, "What it boots.", {
    ...TAKEN,
    default: { type: "other", boot: { devices: ["HD"] }, kernel: null, initrd: null, cmdline: null },
    check: checkOperatingSystem,
  })
  os: OperatingSystem;
  @Value(() => TimeZone, "Time zone of its hardware clock; null = UTC.", {
    ...TAKEN,
    nullable: true,
    input: () => TimeZoneInput,
    check: checkTimeZone,
  })
  timeZone: TimeZoneInput | null;
  @Value(() => SerialNumber, "Serial number that its guest sees; null = the VM's id.", {
    ...TAKEN,
    nullable: true,
    check: checkSerialNumber,
  })
  serialNumber: SerialNumber | null;

  @Value(() => Display, "Graphical console; address and port while it runs.", {
    ...TAKEN,
    input: () => DisplayInput,
    default: { type: "VNC", videoType: null, monitors: null, keyboardLayout: null },
    check: checkDisplay,
  })
  display: DisplayInput;
  @Value(() => Console, "Serial console.", { ...TAKEN, default: { enabled: true } }) console: Console;
  @Value(() => Usb, "USB controller; null = one for a desktop.", { ...TAKEN, nullable: true }) usb: Usb | null;
  @Flag("Whether it has a sound card.", { ...TAKEN, default: false }) soundcardEnabled: boolean;
  @Value(() => RngDevice, "Random number generator; null = none.", { ...TAKEN, nullable: true, default: { source: "URANDOM" } })
  rngDevice: RngDevice | null;
  @Value(() => Watchdog, "Watchdog card; null = none.", { ...TAKEN, nullable: true }) watchdog: Watchdog | null;
  @Value(() => VirtioScsi, "SCSI controller.", { ...TAKEN, default: { enabled: true } }) virtioScsi: VirtioScsi;
  @Flag("Whether the SCSI controller has a queue for each virtual processor.", { ...TAKEN, default: false })
  virtioScsiMultiQueuesEnabled: boolean;
  @Whole("Queues of the SCSI controller; null = as `virtioScsiMultiQueuesEnabled` says.", { ...TAKEN, nullable: true, from: 1, to: 256 })
  virtioScsiMultiQueues: number | null;
  @Flag("Whether VIRTIO NICs have a queue for each virtual processor, up to four.", { ...TAKEN, default: false })
  multiQueuesEnabled: boolean;
  @Value(() => Io, "Threads of disks.", { ...TAKEN, default: { threads: 0 }, check: checkIo }) io: Io;
  @Value(() => [CustomProperty], "What hooks on the hosts are told; `viodiskcache` and `hugepages` the engine knows itself.", {
    ...TAKEN,
    default: [],
    check: checkCustomProperties,
  })
  customProperties: CustomProperty[];

  @Value(() => HighAvailability, "Whether it is started again when it ends unasked.", {
    ...AT_ONCE,
    default: { enabled: false, priority: 1 },
    check: checkHighAvailability,
  })
  highAvailability: HighAvailability;
  @Value(() => VmPlacementPolicy, "Who may move it while it runs.", { ...AT_ONCE, default: { affinity: "MIGRATABLE" } })
  placementPolicy: VmPlacementPolicy;
  @Flag("Whether it stays paused once it was started, until `startVm` lets it go on.", { ...AT_ONCE, default: false }) startPaused: boolean;
  @Value(() => MigrationOptions, "How it is moved; null = as its cluster says.", { ...AT_ONCE, nullable: true, check: checkBandwidth })
  migration: MigrationOptions | null;
  @Whole("Longest stand-still at the end of a migration, in ms; null = 500.", { ...AT_ONCE, nullable: true, from: 1, to: 100_000 })
  migrationDowntime: number | null;
  @Flag("Whether removal is refused.", { set: "always", default: false }) deleteProtected: boolean;
}

const MIB = 1024 * 1024;
const TIB = 1024 ** 4;

function checkMemorySize(bytes: number, path: string): number {
  if (bytes < MIB || bytes > 16 * TIB || bytes % MIB !== 0) throw invalid(path, "1 MiB to 16 TiB, a multiple of 1 MiB.", "RANGE");
  return bytes;
}

function checkCpu(cpu: Cpu, path: string): Cpu {
  const { sockets, cores, threads } = cpu.topology;
  for (const [name, value] of Object.entries({ sockets, cores, threads })) checkRange(value, `${path}.topology.${name}`, 1, 512);
  checkRange(sockets * cores * threads, `${path}.topology`, 1, 512);
  if (cpu.cpuTune) checkCpuTune(cpu.cpuTune, sockets * cores * threads, `${path}.cpuTune`);
  return cpu;
}

function checkOperatingSystem(os: OperatingSystem, path: string): OperatingSystem {
  const { kernel, initrd, cmdline } = os;
  for (const [name, file] of Object.entries({ kernel, initrd }))
    if (file !== null && !file.startsWith("/")) throw invalid(`${path}.${name}`, "An absolute path on the host.");
  if (kernel === null && (initrd !== null || (cmdline !== null && cmdline !== "")))
    throw invalid(`${path}.kernel`, "An initial ramdisk or command line needs a kernel.");
  return os;
}

function checkTimeZone(zone: TimeZoneInput, path: string): TimeZoneInput {
  try {
    utcOffset(zone.name, new Date());
  } catch {
    throw invalid(`${path}.name`, "The name of a time zone, such as Europe/Berlin.");
  }
  return zone;
}

/** As qemu and libvirt name machine types and processors. */
function checkQemuName(value: string, path: string): string {
  if (!/^[A-Za-z0-9._-]{1,255}$/u.test(value)) throw invalid(path, "1 to 255 letters, digits, dots, dashes or underscores.");
  return value;
}
