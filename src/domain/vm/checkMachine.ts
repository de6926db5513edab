import type { Transaction } from "../../db/unitOfWork.ts";
import { invalid, refusedAt } from "../../errors.ts";
import type { RowOf } from "../kinds.ts";
import type { AnyInput } from "../noun/inputs.ts";
import type { MemoryPolicy } from "../values.ts";
import { checkCpuTune } from "./devices.ts";
import type { Hardware, Machine } from "./machine.ts";

interface Asked {
  given: AnyInput;
  before: Readonly<Hardware> | null;
  /** What a new one is made like. */
  like?: Readonly<Hardware>;
}

/** What must fit together in the hardware, and what follows. Throws INVALID. */
export function checkHardware(hardware: Readonly<Hardware>, { given, before, like }: Asked): { memoryPolicy: MemoryPolicy } {
  const { cpu, cpuPinningPolicy, memory } = hardware;
  if (cpu.cpuTune) checkCpuTune(cpu.cpuTune, cpu.topology.sockets * cpu.topology.cores * cpu.topology.threads, "input.cpu.cpuTune");
  if (cpuPinningPolicy === "MANUAL" && (cpu.cpuTune?.vcpuPins.length ?? 0) === 0)
    throw invalid("input.cpuPinningPolicy", "MANUAL needs pins in cpu.cpuTune.", "CPU_PINNING_MISSING");
  const policy = given["memoryPolicy"] ? hardware.memoryPolicy : policyLike(memory, before, like);
  if (policy.guaranteed < 0 || policy.guaranteed > memory) throw invalid("input.memoryPolicy.guaranteed", "0 to the memory.", "RANGE");
  return { memoryPolicy: policy };
}

/** As `checkHardware`, of a whole machine. */
export function checkMachine(machine: Readonly<Machine>, asked: Asked): { memoryPolicy: MemoryPolicy } {
  if ((machine.cpu.mode ?? "CUSTOM") !== "CUSTOM" && machine.placementPolicy.affinity === "MIGRATABLE")
    throw invalid("input.cpu.mode", "A VM with its host's processor must not be MIGRATABLE.", "HOSTCPU_MUST_BE_PINNED_TO_HOST");
  return checkHardware(machine, asked);
}

/** What was not asked for follows the memory. */
function policyLike(memory: number, before: Readonly<Hardware> | null, like: Readonly<Hardware> | undefined): MemoryPolicy {
  const { memory: whole, memoryPolicy } = before ?? like ?? { memory, memoryPolicy: { guaranteed: memory, ballooning: true } };
  const all = !before && memoryPolicy.guaranteed === whole;
  return { ...memoryPolicy, guaranteed: all ? memory : Math.min(memoryPolicy.guaranteed, memory) };
}

/** Throws INVALID, reason VIRTIO_SCSI_IN_USE, while a disk of the VM needs the controller that is to go. */
export function requireScsi({ snapshot }: Transaction, { virtioScsi }: Readonly<Machine>, before: RowOf<"Vm"> | null): void {
  if (virtioScsi.enabled || !before) return;
  const user = snapshot.by("DiskAttachment", "vmId", before.id).find((attachment) => attachment.interface === "VIRTIO_SCSI");
  if (!user) return;
  const name = snapshot.get("Disk", user.diskId)?.name ?? user.diskId;
  throw refusedAt("input.virtioScsi.enabled", "CONFLICT", {
    code: "VIRTIO_SCSI_IN_USE",
    message: `Disk ${name} needs the SCSI controller.`,
  });
}

/** Throws INVALID, reason OTHER_CLUSTER. */
export function requireCpuProfile(
  { snapshot }: Transaction,
  { cpuProfileId, clusterId }: Pick<RowOf<"Vm">, "cpuProfileId" | "clusterId">,
): void {
  const profile = snapshot.get("CpuProfile", cpuProfileId);
  if (profile && profile.clusterId !== clusterId)
    throw invalid("input.cpuProfileId", `CPU profile ${profile.name} is one of another cluster.`, "OTHER_CLUSTER");
}
