import { Field, InputType } from "type-graphql";
import type { Transaction } from "../../db/unitOfWork.ts";
import { requireDisksOf } from "../disk/check.ts";
import { deleteVolume, forgetDisk } from "../disk/remove.ts";
import { addJob, planned, type JobDefinition, type StepDefinition } from "../job/definition.ts";
import type { RowOf } from "../kinds.ts";
import { protectedRefusal } from "../noun/states.ts";
import { verb } from "../noun/verb.ts";
import { setVmStatus, vmEvent } from "./status.ts";

@InputType({ description: "What goes with a VM." })
class RemoveVmInput {
  @Field({ nullable: true, description: "Keep the disks; false when absent." }) detachOnly?: boolean;
}

/** Removes a VM and, unless told otherwise, its disks. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE (also when delete-protected). */
export const removeVm = verb({
  name: "removeVm",
  on: "Vm",
  permit: "DELETE_VM",
  states: ["DOWN"],
  done: "removed",
  risk: "DESTRUCTIVE",
  description: "Removes a VM and, unless told otherwise, its disks.",
  input: RemoveVmInput,
  unless: protectedRefusal,
  decide: (tx, vm, { input }) => {
    requireDisksOf(tx.snapshot, vm, ["OK", "ILLEGAL"]);
    const disks = input.detachOnly ? [] : disksOf(tx, vm);
    if (disks.length === 0) return { entity: forget(tx, vm) };
    const locked = setVmStatus(tx, vm, "IMAGE_LOCKED");
    for (const disk of disks) tx.update("Disk", disk, { status: "LOCKED" });
    const diskIds = disks.map((disk) => disk.id);
    const illegalIds = disks.filter(({ status }) => status === "ILLEGAL").map(({ id: diskId }) => diskId);
    const job = addJob(tx, {
      definition: removeVmJob,
      description: `Removing VM ${vm.name}`,
      subject: { kind: "Vm", id: vm.id },
      input: { diskIds, illegalIds },
    });
    return { entity: locked, job };
  },
});

const disksOf = (tx: Transaction, vm: RowOf<"Vm">) =>
  tx.snapshot.by("DiskAttachment", "vmId", vm.id).map(({ diskId }) => tx.need("Disk", diskId));

function forget(tx: Transaction, vm: RowOf<"Vm">): RowOf<"Vm"> {
  for (const nic of tx.snapshot.by("Nic", "vmId", vm.id)) tx.remove("Nic", nic);
  for (const attachment of tx.snapshot.by("DiskAttachment", "vmId", vm.id)) tx.remove("DiskAttachment", attachment);
  tx.remove("Vm", vm);
  vmEvent(tx, "USER_REMOVE_VM_FINISHED", vm, `VM ${vm.name} was removed.`);
  return vm;
}

interface RemoveInput {
  /** In the order in which their images are deleted. */
  diskIds: string[];
  /** Those that were broken before. Absent in jobs of earlier versions. */
  illegalIds?: string[];
}

const removeDisk: StepDefinition<RemoveInput, { diskId: string }> = {
  name: "removeDisk",
  description: "Removing a disk",
  run: async (context) => {
    const { diskId } = context.step.args;
    const disk = context.snapshot().get("Disk", diskId);
    if (disk) await deleteVolume(context, disk);
    return (tx) => forgetDisk(tx, diskId);
  },
};
const forgetVm: StepDefinition<RemoveInput> = {
  name: "forget",
  description: "Removing the VM",
  run: async ({ job }) => {
    return (tx) => {
      const vm = tx.get("Vm", job.subjectId);
      if (vm) forget(tx, vm);
    };
  },
};
/** Of jobs of earlier versions, which have this one step. */
const removeDisks: StepDefinition<RemoveInput> = {
  name: "removeDisks",
  description: "Removing its disks",
  run: async (context) => {
    for (const diskId of context.job.input.diskIds) {
      const disk = context.snapshot().get("Disk", diskId);
      if (!disk) continue;
      await deleteVolume(context, disk);
      await context.write((tx) => forgetDisk(tx, diskId));
    }
    return forgetVm.run(context);
  },
};

export const removeVmJob: JobDefinition<RemoveInput> = {
  name: "removeVm",
  steps: [removeDisk, forgetVm, removeDisks],
  plan: ({ diskIds }) => [
    ...diskIds.map((diskId) => planned(removeDisk, { key: diskId, args: { diskId } })),
    planned(forgetVm, { key: "vm", args: null }),
  ],
  ended: (tx, job, outcome) => {
    if (outcome === "FINISHED") return;
    const { diskIds, illegalIds = [] } = job.input;
    const [failed, ...untouched] = diskIds.flatMap((diskId) => tx.get("Disk", diskId) ?? []);
    // Nobody knows how much is left of the one whose turn it was; as in oVirt it is of no use, and can be removed again.
    if (failed) tx.update("Disk", failed, { status: "ILLEGAL" });
    for (const disk of untouched) tx.update("Disk", disk, { status: illegalIds.includes(disk.id) ? "ILLEGAL" : "OK" });
    const vm = tx.get("Vm", job.subjectId);
    if (!vm) return;
    const why = failed ? `: disk ${failed.name} could not be deleted` : "";
    vmEvent(tx, "USER_FAILED_REMOVE_VM", vm, `VM ${vm.name} could not be removed${why}.`);
    setVmStatus(tx, vm, "DOWN");
  },
};
