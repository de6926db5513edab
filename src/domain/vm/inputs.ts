import { GraphQLSafeInt } from "graphql-scalars";
import { Field, ID, InputType, Int } from "type-graphql";
import { invalid } from "../../errors.ts";
import { checkRange } from "../input.ts";
import { Bios, Console, Cpu, DisplayInput, MemoryPolicy, MigrationOptions, OperatingSystem, RngDevice } from "../values.ts";
import { VmType } from "./vm.ts";

const MIB = 1024 * 1024;
const TIB = 1024 ** 4;

@InputType()
export class AddVmInput {
  @Field() name: string;
  @Field(() => ID) clusterId: string;
  @Field(() => ID, { nullable: true, description: "Blank when absent. What is not given here is taken from it." }) templateId?: string;
  @Field({ nullable: true }) description?: string;
  @Field({ nullable: true }) comment?: string;
  @Field(() => VmType, { nullable: true }) type?: VmType;
  @Field(() => GraphQLSafeInt, { nullable: true, description: "Bytes, a multiple of 1 MiB." }) memory?: number;
  @Field(() => MemoryPolicy, { nullable: true }) memoryPolicy?: MemoryPolicy;
  @Field(() => Cpu, { nullable: true }) cpu?: Cpu;
  @Field(() => Bios, { nullable: true }) bios?: Bios;
  @Field(() => OperatingSystem, { nullable: true }) os?: OperatingSystem;
  @Field(() => DisplayInput, { nullable: true }) display?: DisplayInput;
  @Field(() => Console, { nullable: true }) console?: Console;
  @Field(() => RngDevice, { nullable: true }) rngDevice?: RngDevice | null;
  @Field(() => MigrationOptions, { nullable: true }) migration?: MigrationOptions | null;
  @Field(() => Int, { nullable: true }) migrationDowntime?: number | null;
  @Field(() => String, { nullable: true }) customEmulatedMachine?: string | null;
  @Field(() => String, { nullable: true }) customCpuModel?: string | null;
  @Field({ nullable: true }) deleteProtected?: boolean;
}

@InputType()
export class UpdateVmInput {
  @Field(() => Int, { nullable: true }) version?: number;
  @Field({ nullable: true }) name?: string;
  @Field({ nullable: true }) description?: string;
  @Field({ nullable: true }) comment?: string;
  @Field(() => VmType, { nullable: true }) type?: VmType;
  @Field(() => GraphQLSafeInt, { nullable: true, description: "Bytes, a multiple of 1 MiB." }) memory?: number;
  @Field(() => MemoryPolicy, { nullable: true }) memoryPolicy?: MemoryPolicy;
  @Field(() => Cpu, { nullable: true }) cpu?: Cpu;
  @Field(() => Bios, { nullable: true }) bios?: Bios;
  @Field(() => OperatingSystem, { nullable: true }) os?: OperatingSystem;
  @Field(() => DisplayInput, { nullable: true }) display?: DisplayInput;
  @Field(() => Console, { nullable: true }) console?: Console;
  @Field(() => RngDevice, { nullable: true }) rngDevice?: RngDevice | null;
  @Field(() => MigrationOptions, { nullable: true }) migration?: MigrationOptions | null;
  @Field(() => Int, { nullable: true }) migrationDowntime?: number | null;
  @Field(() => String, { nullable: true }) customEmulatedMachine?: string | null;
  @Field(() => String, { nullable: true }) customCpuModel?: string | null;
  @Field({ nullable: true }) deleteProtected?: boolean;
}

/** Columns an update may set at any time, and those that describe the machine itself: only while it is down. */
export const ALWAYS_SETTABLE = ["name", "description", "comment", "migration", "migrationDowntime", "deleteProtected"] as const;
export const SETTABLE_WHEN_DOWN = [
  "type",
  "memory",
  "memoryPolicy",
  "cpu",
  "bios",
  "os",
  "console",
  "rngDevice",
  "customEmulatedMachine",
  "customCpuModel",
] as const;
export const NULLABLE = ["migration", "migrationDowntime", "rngDevice", "customEmulatedMachine", "customCpuModel"] as const;

/** Throws INVALID with the path of the first setting that no machine can have. */
export function checkMachine(input: Partial<AddVmInput>): void {
  if (input.memory !== undefined && (input.memory < MIB || input.memory > 16 * TIB || input.memory % MIB !== 0))
    throw invalid("input.memory", "1 MiB to 16 TiB, a multiple of 1 MiB.", "RANGE");
  if (input.cpu) {
    const { sockets, cores, threads } = input.cpu.topology;
    for (const [name, value] of Object.entries({ sockets, cores, threads })) checkRange(value, `input.cpu.topology.${name}`, 1, 512);
    checkRange(sockets * cores * threads, "input.cpu.topology", 1, 512);
  }
  if (input.os) checkOperatingSystem(input.os);
  checkWord(input.customEmulatedMachine, "input.customEmulatedMachine");
  checkWord(input.customCpuModel, "input.customCpuModel");
  if (isGiven(input.migration?.bandwidth)) checkRange(input.migration.bandwidth, "input.migration.bandwidth", 1, 1_000_000);
  if (isGiven(input.migrationDowntime)) checkRange(input.migrationDowntime, "input.migrationDowntime", 1, 100_000);
}

/** Zero is one, and out of range. */
const isGiven = <T extends number | string>(value: T | null | undefined): value is T => value !== null && value !== undefined;

/** As qemu and libvirt name machine types and processors. Null = none. */
function checkWord(value: string | null | undefined, path: string): void {
  if (isGiven(value) && !/^[A-Za-z0-9._-]{1,255}$/u.test(value))
    throw invalid(path, "1 to 255 letters, digits, dots, dashes or underscores.");
}

function checkOperatingSystem({ kernel, initrd, cmdline }: OperatingSystem): void {
  for (const [name, path] of Object.entries({ kernel, initrd }))
    if (isGiven(path) && !path.startsWith("/")) throw invalid(`input.os.${name}`, "An absolute path on the host.");
  if (!isGiven(kernel) && (isGiven(initrd) || (isGiven(cmdline) && cmdline !== "")))
    throw invalid("input.os.kernel", "An initial ramdisk or command line needs a kernel.");
}

/** Throws INVALID when the guarantee is above the memory. */
export function checkMemory(memory: number, policy: MemoryPolicy): void {
  if (policy.guaranteed < 0 || policy.guaranteed > memory) throw invalid("input.memoryPolicy.guaranteed", "0 to the VM's memory.", "RANGE");
}
