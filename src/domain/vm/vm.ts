import { ObjectType } from "type-graphql";
import { Entity, Index } from "typeorm";
import { Big, Flag, graphqlEnum, Id, Instant, OneOf, Reference, Text, Value, Version, Whole } from "../columns.ts";
import { Cluster } from "../cluster/cluster.ts";
import { Host } from "../host/host.ts";
import { StorageDomain } from "../storage/storageDomain.ts";
import { Template } from "../template/template.ts";
import {
  Bios,
  Console,
  Cpu,
  Display,
  GuestOperatingSystem,
  MemoryPolicy,
  MigrationOptions,
  OperatingSystem,
  ReportedDevice,
  RngDevice,
  TimeZone,
} from "../values.ts";

export const VmStatus = graphqlEnum("VmStatus", "Life of a VM, in oVirt's words.", [
  "UNASSIGNED",
  "DOWN",
  "UP",
  "POWERING_UP",
  "PAUSED",
  "MIGRATING",
  "UNKNOWN",
  "NOT_RESPONDING",
  "WAIT_FOR_LAUNCH",
  "REBOOT_IN_PROGRESS",
  "SAVING_STATE",
  "RESTORING_STATE",
  "SUSPENDED",
  "IMAGE_LOCKED",
  "POWERING_DOWN",
]);
export type VmStatus = keyof typeof VmStatus;
export const VmType = graphqlEnum("VmType", "What a VM is tuned for.", ["DESKTOP", "SERVER", "HIGH_PERFORMANCE"]);
export type VmType = keyof typeof VmType;

@ObjectType({ description: "A virtual machine." })
@Entity({ name: "vm" })
@Index("uq_vm_name", ["name"], { unique: true })
export class Vm {
  @Id() id: string;
  @Version() version: number;
  @Text("Unique.") name: string;
  @Text("What it is for.") description: string;
  @Text("Remark of the administrator.") comment: string;
  @Reference(() => Cluster, "vm_clusterId") clusterId: string;
  @Reference(() => Template, "vm_templateId") templateId: string;
  @OneOf(VmStatus, "State.") status: VmStatus;
  @Text("Why it is in this state, as a code; null when there is nothing to say.", { nullable: true }) statusDetail: string | null;
  @Text("Reason given by whoever stopped it last.", { nullable: true }) stopReason: string | null;
  @Instant("Since when it is in this state.", { hidden: true }) statusSince: Date;

  @OneOf(VmType, "What it is tuned for.") type: VmType;
  @Big("Memory in bytes.") memory: number;
  @Value(() => MemoryPolicy, "Bounds of its memory.") memoryPolicy: MemoryPolicy;
  @Value(() => Cpu, "Virtual processors.") cpu: Cpu;
  @Value(() => Bios, "Firmware.") bios: Bios;
  @Value(() => OperatingSystem, "What it boots.") os: OperatingSystem;
  @Value(() => Display, "Graphical console; address and port while it runs.") display: Display;
  @Value(() => Console, "Serial console.") console: Console;
  @Value(() => RngDevice, "Random number generator; null = none.", { nullable: true }) rngDevice: RngDevice | null;
  @Value(() => MigrationOptions, "How it is moved; null = as its cluster says.", { nullable: true }) migration: MigrationOptions | null;
  @Whole("Longest stand-still at the end of a migration, in ms; null = 500.", { nullable: true }) migrationDowntime: number | null;
  @Text("Machine type instead of the one that follows from `bios`.", { nullable: true }) customEmulatedMachine: string | null;
  @Text("CPU model instead of the cluster's.", { nullable: true }) customCpuModel: string | null;
  @Flag("Whether removal is refused.") deleteProtected: boolean;

  @Reference(() => Host, "vm_hostId", { nullable: true }) hostId: string | null;
  @Reference(() => Host, "vm_migratingToId", { nullable: true }) migratingToId: string | null;
  @Instant("When it was made.") creationTime: Date;
  @Instant("When it was last started.", { nullable: true }) startTime: Date | null;
  @Instant("When it last went down.", { nullable: true }) stopTime: Date | null;
  @Text("Host name the guest agent reports.", { nullable: true }) fqdn: string | null;
  @Value(() => GuestOperatingSystem, "As the guest agent reports it.", { nullable: true })
  guestOperatingSystem: GuestOperatingSystem | null;
  @Value(() => TimeZone, "As the guest agent reports it.", { nullable: true }) guestTimeZone: TimeZone | null;
  @Value(() => [ReportedDevice], "Network devices the guest agent reports; empty while it does not run.") reportedDevices: ReportedDevice[];
  @Value(() => [String], "Software the guest agent reports.", { hidden: true }) applicationNames: string[];
  @Reference(() => StorageDomain, "vm_memoryDomainId", { nullable: true }) memoryDomainId: string | null;
  @Text("File with the memory of a suspended VM.", { nullable: true, hidden: true, length: 1024 }) memoryPath: string | null;
}
