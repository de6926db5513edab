import { addJob, type JobDefinition } from "../job/definition.ts";
import { isSuperseded } from "../job/running.ts";
import { verb } from "../noun/verb.ts";
import { lookForVm, settleVm, type Sightings, type WithBefore } from "./settle.ts";
import { setVmStatus, vmEvent } from "./status.ts";

/** Asks the guest to restart. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE. */
export const rebootVm = verb({
  name: "rebootVm",
  on: "Vm",
  permit: "REBOOT_VM",
  states: ["UP", "POWERING_UP"],
  done: "rebooted",
  risk: "DISRUPTIVE",
  description: "Asks the guest to restart.",
  decide: (tx, vm, { caller }) => {
    const entity = setVmStatus(tx, vm, "REBOOT_IN_PROGRESS");
    const job = addJob(tx, {
      definition: rebootVmJob,
      description: `Rebooting VM ${vm.name}`,
      subject: { kind: "Vm", id: vm.id },
      input: { hostId: vm.hostId ?? "", before: vm.status },
    });
    vmEvent(tx, "USER_REBOOT_VM", vm, `VM ${vm.name} was rebooted by ${caller.userName}.`);
    return { entity, job };
  },
});

/** The VM is UP again when its guest agent answers, or after a while (see `monitor.ts`). */
export const rebootVmJob: JobDefinition<WithBefore & { hostId: string }, Sightings> = {
  name: "rebootVm",
  steps: [
    {
      name: "ask",
      description: "Asking the guest to restart",
      run: async ({ job, call, callContext }) => {
        await call(job.input.hostId, "vm.reboot", { vmId: job.subjectId, call: callContext() });
      },
    },
  ],
  look: lookForVm,
  ended: (tx, job, outcome, seen) => {
    const vm = tx.get("Vm", job.subjectId);
    if (!vm || outcome === "FINISHED" || vm.status !== "REBOOT_IN_PROGRESS" || isSuperseded(tx.snapshot, job)) return;
    vmEvent(tx, "USER_FAILED_REBOOT_VM", vm, `VM ${vm.name} could not be rebooted.`);
    settleVm(tx, vm, { before: job.input.before, seen });
  },
};
