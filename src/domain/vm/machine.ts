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
/** Where a VM takes from what its maker does not say. */
const SIZED = { inherits: ["instanceTypeId", "templateId"] } as const;
const COPIED = { inherits: ["templateId"] } as const;
const WAITS = { set: "nextRun" } as const;
/** How large a machine is and what is in it: what an instance type gives. */
export class Hardware {
  @Big("Memory in bytes, a multiple of 1 MiB.", {
    ...SIZED,
    ...WAITS,
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
    ...SIZED,
    ...WAITS,
    default: { topology: { sockets: 1, cores: 1, threads: 1 }, mode: null, cpuTune: null },
    check: checkCpu,
  })
  cpu: Cpu;
  @OneOf(CpuPinningPolicy, "Whether virtual processors stay on processors of the host.", { ...SIZED, ...WAITS, default: "NONE" })
  cpuPinningPolicy: CpuPinningPolicy;
  @Whole("Share of a busy host's CPUs; null = as others.", {
    ...SIZED,
    ...WAITS,
    nullable: true,
    from: 2,
    to: 10_000,
    xml: "cputune.shares",
  })
  cpuShares: number | null;
  @Value(() => Display, "Graphical console; address and port while it runs.", {
    ...SIZED,
    ...WAITS,
    input: () => DisplayInput,
    default: { type: "VNC", videoType: null, monitors: null, keyboardLayout: null },
    check: checkDisplay,
  })
  display: DisplayInput;
  @Value(() => Console, "Serial console.", { ...SIZED, ...WAITS, default: { enabled: true } }) console: Console;
  @Value(() => Usb, "USB controller; null = one for a desktop.", { ...SIZED, ...WAITS, nullable: true }) usb: Usb | null;
  @Flag("Whether it has a sound card.", { ...SIZED, ...WAITS, default: false }) soundcardEnabled: boolean;
  @Value(() => RngDevice, "Random number generator; null = none.", { ...SIZED, ...WAITS, nullable: true, default: { source: "URANDOM" } })
  rngDevice: RngDevice | null;
  @Value(() => Watchdog, "Watchdog card; null = none.", { ...SIZED, ...WAITS, nullable: true }) watchdog: Watchdog | null;
  @Value(() => VirtioScsi, "SCSI controller.", { ...SIZED, ...WAITS, default: { enabled: true } }) virtioScsi: VirtioScsi;
  @Flag("Whether the SCSI controller has a queue for each virtual processor.", { ...SIZED, ...WAITS, default: false })
  virtioScsiMultiQueuesEnabled: boolean;
  @Whole("Queues of the SCSI controller; null = as `virtioScsiMultiQueuesEnabled` says.", {
    ...SIZED,
    ...WAITS,
    nullable: true,
    from: 1,
    to: 256,
  })
  virtioScsiMultiQueues: number | null;
  @Flag("Whether VIRTIO NICs have a queue for each virtual processor, up to four.", { ...SIZED, ...WAITS, default: false })
  multiQueuesEnabled: boolean;
  @Value(() => Io, "Threads of disks.", { ...SIZED, ...WAITS, default: { threads: 0 }, check: checkIo }) io: Io;
  @Value(() => HighAvailability, "Whether it is started again when it ends unasked.", {
    ...SIZED,
    set: "always",
    default: { enabled: false, priority: 1 },
    check: checkHighAvailability,
  })
  highAvailability: HighAvailability;
  @Value(() => MigrationOptions, "How it is moved; null = as its cluster says.", {
    ...SIZED,
    set: "always",
    nullable: true,
    check: checkBandwidth,
  })
  migration: MigrationOptions | null;
  @Whole("Longest stand-still at the end of a migration, in ms; null = 500.", {
    ...SIZED,
    set: "always",
    nullable: true,
    from: 1,
    to: 100_000,
  })
  migrationDowntime: number | null;
}

/** What a VM and a template have in common beside: what the machine is for. */
export class Machine {
  @OneOf(VmType, "What it is tuned for.", { ...COPIED, ...WAITS, default: "SERVER", search: true }) type: VmType;
  @Text("CPU model instead of the cluster's.", { ...COPIED, ...WAITS, nullable: true, check: checkQemuName, search: "custom_cpu_type" })
  customCpuModel: string | null;
  @Text("Machine type instead of the one that follows from `bios`.", {
    ...COPIED,
    ...WAITS,
    nullable: true,
    check: checkQemuName,
    search: true,
  })
  customEmulatedMachine: string | null;
  @Value(() => Bios, "Firmware.", { ...COPIED, ...WAITS, default: { type: "CLUSTER_DEFAULT", bootMenu: null } }) bios: Bios;
  @Value(() => OperatingSystem, "What it boots.", {
    ...COPIED,
    ...WAITS,
    default: { type: "other", boot: { devices: ["HD"] }, kernel: null, initrd: null, cmdline: null },
    check: checkOperatingSystem,
  })
  os: OperatingSystem;
  @Value(() => TimeZone, "Time zone of its hardware clock; null = UTC.", {
    ...COPIED,
    ...WAITS,
    nullable: true,
    input: () => TimeZoneInput,
    check: checkTimeZone,
  })
  timeZone: TimeZoneInput | null;
  @Value(() => SerialNumber, "Serial number that its guest sees; null = as its cluster has it.", {
    ...COPIED,
    ...WAITS,
    nullable: true,
    check: checkSerialNumber,
  })
  serialNumber: SerialNumber | null;
  @Value(() => [CustomProperty], "What hooks on the hosts are told; `viodiskcache` and `hugepages` the engine knows itself.", {
    ...COPIED,
    ...WAITS,
    default: [],
    check: checkCustomProperties,
  })
  customProperties: CustomProperty[];
  @Value(() => VmPlacementPolicy, "Who may move it while it runs.", { ...COPIED, set: "always", default: { affinity: "MIGRATABLE" } })
  placementPolicy: VmPlacementPolicy;
  @Flag("Whether it stays paused once it was started, until `startVm` lets it go on.", { ...COPIED, set: "always", default: false })
  startPaused: boolean;
  @Flag("Whether removal is refused.", { set: "always", default: false }) deleteProtected: boolean;
}
export interface Machine extends Hardware {}

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
