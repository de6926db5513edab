import { GraphQLSafeInt } from "graphql-scalars";
import { Field, Float, InputType, Int, ObjectType } from "type-graphql";
import { invalid } from "../errors.ts";
import { checkRange } from "./input.ts";
import { graphqlEnum, ValueType } from "./noun/columns.ts";
import { CpuMode, CpuTune, VideoType } from "./vm/devices.ts";

/** Value objects: kept as JSON inside a row, given and taken in the same shape. Names and values are oVirt's. */

export const Architecture = graphqlEnum("Architecture", "Processor architecture.", {
  UNDEFINED: "Not known.",
  X86_64: "AMD64, Intel 64.",
  AARCH64: "64-bit ARM.",
  PPC64: "64-bit POWER.",
  S390X: "IBM Z.",
});
export type Architecture = keyof typeof Architecture;
export const BiosType = graphqlEnum("BiosType", "Chipset and firmware.", {
  CLUSTER_DEFAULT: "As the cluster has it.",
  I440FX_SEA_BIOS: "Old chipset with BIOS.",
  Q35_SEA_BIOS: "PCI Express chipset with BIOS.",
  Q35_OVMF: "PCI Express chipset with UEFI.",
});
export type BiosType = keyof typeof BiosType;
export const BootDevice = graphqlEnum("BootDevice", "Where a VM looks for a system.", {
  HD: "Disks.",
  NETWORK: "NICs, by PXE.",
  CDROM: "The disc in the drive.",
});
export type BootDevice = keyof typeof BootDevice;
export const DisplayType = graphqlEnum("DisplayType", "Protocol of the graphical console.", { VNC: "Remote frame buffer, RFC 6143." });
export type DisplayType = keyof typeof DisplayType;
export const RngSource = graphqlEnum("RngSource", "Where a VM's random numbers come from on the host.", {
  URANDOM: "The kernel: /dev/urandom.",
  HWRNG: "A device of the host: /dev/hwrng.",
});
export type RngSource = keyof typeof RngSource;
export const IpVersion = graphqlEnum("IpVersion", "Version of the Internet Protocol.", { V4: "Four octets with dots.", V6: "RFC 4291." });
export type IpVersion = keyof typeof IpVersion;

export const StorageType = graphqlEnum("StorageType", "Kind of storage behind a domain.", {
  POSIXFS: "A directory of a file system that all hosts have mounted.",
});
export type StorageType = keyof typeof StorageType;

@ValueType("vCPUs = sockets x cores x threads.")
export class CpuTopology {
  @Field(() => Int, { description: "Packages." }) sockets: number;
  @Field(() => Int, { description: "Of each socket." }) cores: number;
  @Field(() => Int, { description: "Of each core." }) threads: number;
}

@ValueType("Virtual processors of a VM or template.")
export class Cpu {
  @Field(() => CpuTopology, { description: "How many there are, and how they are arranged." }) topology: CpuTopology;
  @Field(() => CpuMode, { nullable: true, description: "Which processor it is shown; null = CUSTOM." }) mode?: CpuMode | null;
  @Field(() => CpuTune, { nullable: true, description: "Which stay on processors of the host, with `cpuPinningPolicy` MANUAL." })
  cpuTune?: CpuTune | null;
}

@ObjectType({ description: "Processors of a host, as its agent reports them." })
export class HostCpu {
  @Field({ description: "Model as libvirt names it." }) name: string;
  @Field(() => CpuTopology, { description: "How many there are, and how they are arranged." }) topology: CpuTopology;
  @Field(() => Float, { description: "MHz" }) speed: number;
  @Field(() => Architecture, { description: "What they understand." }) architecture: Architecture;
}

@ValueType("Processor every host of the cluster can give its VMs.")
export class ClusterCpu {
  @Field(() => Architecture, { description: "What they understand." }) architecture: Architecture;
  @Field(() => String, {
    nullable: true,
    description: "libvirt model name given to VMs; null = the safe default of the virtualization in use.",
  })
  type: string | null;
}

@ValueType("Menu in which someone at the console chooses what is booted.")
export class BootMenu {
  @Field({ description: "Whether it is shown at the start." }) enabled: boolean;
}

@ValueType("Firmware of a VM.")
export class Bios {
  @Field(() => BiosType, { description: "Chipset and firmware." }) type: BiosType;
  @Field(() => BootMenu, { nullable: true, description: "Null = none." }) bootMenu?: BootMenu | null;
}

@ValueType("Order of boot devices.")
export class Boot {
  @Field(() => [BootDevice], { description: "The first one with a system is booted." }) devices: BootDevice[];
}

@ValueType("What a VM boots.")
export class OperatingSystem {
  @Field({ description: "oVirt's name of the kind of system, e.g. `other_linux`." }) type: string;
  @Field(() => Boot, { description: "Where it looks for a system." }) boot: Boot;
  @Field(() => String, { nullable: true, description: "Path of a kernel on the host for direct boot." }) kernel: string | null;
  @Field(() => String, { nullable: true, description: "Path of an initial ramdisk on the host." }) initrd: string | null;
  @Field(() => String, { nullable: true, description: "Kernel command line of a direct boot." }) cmdline: string | null;
}

@ObjectType({ description: "Version in words." })
export class SoftwareVersion {
  @Field({ description: "As the software says it." }) fullVersion: string;
}

@ObjectType({ description: "Operating system of a host." })
export class HostOperatingSystem {
  @Field({ description: "Distribution and its version." }) description: string;
  @Field(() => SoftwareVersion, { description: "Of the kernel." }) version: SoftwareVersion;
}

@ObjectType({ description: "Graphical console: kind asked for, and where it listens while the VM runs." })
export class Display {
  @Field(() => DisplayType, { description: "Protocol." }) type: DisplayType;
  @Field(() => VideoType, { nullable: true, description: "Graphics card; null = the one that suits the VM's type." })
  videoType?: VideoType | null;
  @Field(() => Int, { nullable: true, description: "Screens; null = one." }) monitors?: number | null;
  @Field(() => String, { nullable: true, description: "Keyboard of those who have no own, such as `de`; null = as the viewer has it." })
  keyboardLayout?: string | null;
  @Field(() => String, { nullable: true, description: "Where it listens; null while the VM does not run." }) address: string | null;
  @Field(() => Int, { nullable: true, description: "TCP port; null while the VM does not run." }) port: number | null;
}

@InputType({ description: "Graphical console that is asked for." })
export class DisplayInput {
  @Field(() => DisplayType, { description: "Protocol." }) type: DisplayType;
  @Field(() => VideoType, { nullable: true, description: "Graphics card; null = the one that suits the VM's type." })
  videoType?: VideoType | null;
  @Field(() => Int, { nullable: true, description: "Screens, 1 to 4, more than one with VIRTIO only; null = one." }) monitors?:
    number | null;
  @Field(() => String, { nullable: true, description: "Keyboard as qemu names it, such as `de`; null = as the viewer has it." })
  keyboardLayout?: string | null;
}
/** Throws INVALID. */
export function checkDisplay(display: DisplayInput, path: string): DisplayInput {
  const { videoType, monitors = null, keyboardLayout = null } = display;
  if (monitors !== null) checkRange(monitors, `${path}.monitors`, 1, videoType === "VIRTIO" ? 4 : 1);
  if (keyboardLayout !== null && !/^[a-z]{2}(-[a-z]{2,4})?$/u.test(keyboardLayout))
    throw invalid(`${path}.keyboardLayout`, "Such as de or en-us.");
  return display;
}

@ValueType("Serial console.")
export class Console {
  @Field({ description: "Whether the VM has one." }) enabled: boolean;
}

@ValueType("Random number generator device.")
export class RngDevice {
  @Field(() => RngSource, { description: "Where its numbers come from." }) source: RngSource;
}

@ValueType("Bounds of a VM's memory.")
export class MemoryPolicy {
  @Field(() => GraphQLSafeInt, { description: "Bytes the host must always be able to give." }) guaranteed: number;
  @Field({ description: "Whether the VM has a balloon device." }) ballooning: boolean;
}

@ValueType("How much more memory a cluster promises than its hosts have.")
export class MemoryOverCommit {
  @Field(() => Int, { description: "100 = no more than there is." }) percent: number;
}

@ValueType("Memory rules of a cluster.")
export class ClusterMemoryPolicy {
  @Field(() => MemoryOverCommit, { description: "How far VMs are promised more than there is." }) overCommit: MemoryOverCommit;
}

@ValueType("How a VM is moved.")
export class MigrationOptions {
  @Field({ nullable: true, description: "Compress what is sent, for slow networks; null = no." }) compressed?: boolean;
  @Field({ description: "Slow the guest's processors down when its memory changes faster than it can be sent." }) autoConverge: boolean;
  @Field(() => Int, { nullable: true, description: "MiB/s at most; null = no limit." }) bandwidth: number | null;
}

/** Throws INVALID. Zero would be no limit to libvirt. */
export function checkBandwidth(options: MigrationOptions, path: string): MigrationOptions {
  if (options.bandwidth !== null) checkRange(options.bandwidth, `${path}.bandwidth`, 1, 1_000_000);
  return options;
}

@ObjectType({ description: "An address inside a guest." })
export class Ip {
  @Field({ description: "In the usual notation of its version." }) address: string;
  @Field(() => IpVersion, { description: "Which protocol." }) version: IpVersion;
}

@ValueType("Hardware address.")
export class Mac {
  @Field({ description: "Six octets, lower case, colons between." }) address: string;
}

@ObjectType({ description: "A network device the guest agent reports." })
export class ReportedDevice {
  @Field({ description: "As the guest calls it." }) name: string;
  @Field(() => Mac, { description: "Hardware address." }) mac: Mac;
  @Field(() => [Ip], { description: "Addresses it has." }) ips: Ip[];
}

@ObjectType({ description: "Operating system the guest agent reports." })
export class GuestOperatingSystem {
  @Field({ description: "As its kernel says it, e.g. `x86_64`." }) architecture: string;
  @Field({ description: "Name of the release, e.g. `bookworm`." }) codename: string;
  @Field({ description: "Who made it, e.g. `Debian GNU/Linux`." }) distribution: string;
  @Field({ description: "Kind of system, e.g. `Linux`." }) family: string;
  @Field({ description: "Version of its kernel." }) kernel: string;
  @Field({ description: "Version of the system." }) version: string;
}

@ObjectType({ description: "Time zone." })
export class TimeZone {
  @Field({ description: "Such as `Europe/Berlin`; one that a guest reports as the guest calls it." }) name: string;
  @Field({ description: "What its clocks are ahead of UTC now, as +HH:MM." }) utcOffset: string;
}
@InputType({ description: "Time zone." })
export class TimeZoneInput {
  @Field({ description: "As in the database of time zones: `Europe/Berlin`." }) name: string;
}

@ValueType("Where a storage domain keeps its data.")
export class HostStorage {
  @Field(() => StorageType, { description: "What is there." }) type: StorageType;
  @Field({ description: "Directory that every host of the data center has under this path." }) path: string;
}
