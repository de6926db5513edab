import { GraphQLSafeInt } from "graphql-scalars";
import { Field, Float, InputType, Int, ObjectType } from "type-graphql";
import { checkRange } from "./input.ts";
import { graphqlEnum } from "./noun/columns.ts";

/** Value objects: kept as JSON inside a row, given and taken in the same shape. Names and values are oVirt's. */

export const Architecture = graphqlEnum("Architecture", "Processor architecture.", ["UNDEFINED", "X86_64", "AARCH64", "PPC64", "S390X"]);
export type Architecture = keyof typeof Architecture;
export const BiosType = graphqlEnum("BiosType", "Chipset and firmware.", [
  "CLUSTER_DEFAULT",
  "I440FX_SEA_BIOS",
  "Q35_SEA_BIOS",
  "Q35_OVMF",
]);
export type BiosType = keyof typeof BiosType;
export const BootDevice = graphqlEnum("BootDevice", "Where a VM looks for a system.", ["HD", "NETWORK", "CDROM"]);
export type BootDevice = keyof typeof BootDevice;
export const DisplayType = graphqlEnum("DisplayType", "Protocol of the graphical console.", ["VNC"]);
export type DisplayType = keyof typeof DisplayType;
export const RngSource = graphqlEnum("RngSource", "Where a VM's random numbers come from on the host.", ["URANDOM", "HWRNG"]);
export type RngSource = keyof typeof RngSource;
export const IpVersion = graphqlEnum("IpVersion", "Version of the Internet Protocol.", ["V4", "V6"]);
export type IpVersion = keyof typeof IpVersion;

export const StorageType = graphqlEnum("StorageType", "Kind of storage behind a domain.", ["POSIXFS"]);
export type StorageType = keyof typeof StorageType;

@ObjectType({ description: "vCPUs = sockets x cores x threads." })
@InputType("CpuTopologyInput")
export class CpuTopology {
  @Field(() => Int) sockets: number;
  @Field(() => Int) cores: number;
  @Field(() => Int) threads: number;
}

@ObjectType({ description: "Virtual processors of a VM or template." })
@InputType("CpuInput")
export class Cpu {
  @Field(() => CpuTopology) topology: CpuTopology;
}

@ObjectType({ description: "Processors of a host, as its agent reports them." })
export class HostCpu {
  @Field({ description: "Model as libvirt names it." }) name: string;
  @Field(() => CpuTopology) topology: CpuTopology;
  @Field(() => Float, { description: "MHz" }) speed: number;
  @Field(() => Architecture) architecture: Architecture;
}

@ObjectType({ description: "Processor every host of the cluster can give its VMs." })
@InputType("ClusterCpuInput")
export class ClusterCpu {
  @Field(() => Architecture) architecture: Architecture;
  @Field(() => String, {
    nullable: true,
    description: "libvirt model name given to VMs; null = the safe default of the virtualization in use.",
  })
  type: string | null;
}

@ObjectType({ description: "Firmware of a VM." })
@InputType("BiosInput")
export class Bios {
  @Field(() => BiosType) type: BiosType;
}

@ObjectType({ description: "Order of boot devices." })
@InputType("BootInput")
export class Boot {
  @Field(() => [BootDevice]) devices: BootDevice[];
}

@ObjectType({ description: "What a VM boots." })
@InputType("OperatingSystemInput")
export class OperatingSystem {
  @Field({ description: "oVirt's name of the kind of system, e.g. `other_linux`." }) type: string;
  @Field(() => Boot) boot: Boot;
  @Field(() => String, { nullable: true, description: "Path of a kernel on the host for direct boot." }) kernel: string | null;
  @Field(() => String, { nullable: true, description: "Path of an initial ramdisk on the host." }) initrd: string | null;
  @Field(() => String, { nullable: true, description: "Kernel command line of a direct boot." }) cmdline: string | null;
}

@ObjectType({ description: "Version in words." })
export class SoftwareVersion {
  @Field() fullVersion: string;
}

@ObjectType({ description: "Operating system of a host." })
export class HostOperatingSystem {
  @Field({ description: "Distribution and its version." }) description: string;
  @Field(() => SoftwareVersion, { description: "Of the kernel." }) version: SoftwareVersion;
}

@ObjectType({ description: "Graphical console: kind asked for, and where it listens while the VM runs." })
export class Display {
  @Field(() => DisplayType) type: DisplayType;
  @Field(() => String, { nullable: true }) address: string | null;
  @Field(() => Int, { nullable: true }) port: number | null;
}

@InputType("DisplayInput")
export class DisplayInput {
  @Field(() => DisplayType) type: DisplayType;
}

@ObjectType({ description: "Serial console." })
@InputType("ConsoleInput")
export class Console {
  @Field() enabled: boolean;
}

@ObjectType({ description: "Random number generator device." })
@InputType("RngDeviceInput")
export class RngDevice {
  @Field(() => RngSource) source: RngSource;
}

@ObjectType({ description: "Bounds of a VM's memory." })
@InputType("MemoryPolicyInput")
export class MemoryPolicy {
  @Field(() => GraphQLSafeInt, { description: "Bytes the host must always be able to give." }) guaranteed: number;
  @Field({ description: "Whether the VM has a balloon device." }) ballooning: boolean;
}

@ObjectType({ description: "How much more memory a cluster promises than its hosts have." })
@InputType("MemoryOverCommitInput")
export class MemoryOverCommit {
  @Field(() => Int, { description: "100 = no more than there is." }) percent: number;
}

@ObjectType({ description: "Memory rules of a cluster." })
@InputType("ClusterMemoryPolicyInput")
export class ClusterMemoryPolicy {
  @Field(() => MemoryOverCommit) overCommit: MemoryOverCommit;
}

@ObjectType({ description: "How a VM is moved." })
@InputType("MigrationOptionsInput")
export class MigrationOptions {
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
  @Field() address: string;
  @Field(() => IpVersion) version: IpVersion;
}

@ObjectType({ description: "Hardware address." })
@InputType("MacInput")
export class Mac {
  @Field({ description: "Six octets, lower case, colons between." }) address: string;
}

@ObjectType({ description: "A network device the guest agent reports." })
export class ReportedDevice {
  @Field() name: string;
  @Field(() => Mac) mac: Mac;
  @Field(() => [Ip]) ips: Ip[];
}

@ObjectType({ description: "Operating system the guest agent reports." })
export class GuestOperatingSystem {
  @Field() architecture: string;
  @Field() codename: string;
  @Field() distribution: string;
  @Field() family: string;
  @Field() kernel: string;
  @Field() version: string;
}

@ObjectType({ description: "Time zone the guest agent reports." })
export class TimeZone {
  @Field() name: string;
  @Field({ description: "As +HH:MM." }) utcOffset: string;
}

@ObjectType({ description: "Where a storage domain keeps its data." })
@InputType("HostStorageInput")
export class HostStorage {
  @Field(() => StorageType) type: StorageType;
  @Field({ description: "Directory that every host of the data center has under this path." }) path: string;
}
