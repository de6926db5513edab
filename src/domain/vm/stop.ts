import { Field, InputType } from "type-graphql";
import type { Transaction } from "../../db/unitOfWork.ts";
import type { Decision } from "../command.ts";
import { addJob, type JobDefinition } from "../job/definition.ts";
import { afterEarlierJobs, cancelJobs, isSuperseded, jobAtWork } from "../job/running.ts";
import type { RowOf } from "../kinds.ts";
import { verb } from "../noun/verb.ts";
import { lookForVm, settleVm, stateBefore, type Sightings, type WithBefore } from "./settle.ts";
import { DISCARD_HINT, isLaunching } from "./states.ts";
import { setVmDown, setVmStatus, vmEvent } from "./status.ts";

@InputType({ description: "What may be said when power is cut." })
class StopVmInput {
  @Field({ nullable: true, description: "Kept as `stopReason`." }) reason?: string;
}

/** Cuts a VM's power, and ends whatever is under way with it. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE. */
export const stopVm = verb({
  name: "stopVm",
  on: "Vm",
  permit: "STOP_VM",
  states: ["UP", "POWERING_UP", "PAUSED", "MIGRATING", "NOT_RESPONDING", "WAIT_FOR_LAUNCH", "REBOOT_IN_PROGRESS", "POWERING_DOWN"],
  done: "stopped",
  risk: "DISRUPTIVE",
  description: "Cuts the power.",
  input: StopVmInput,
  hints: { SUSPENDED: DISCARD_HINT },
  decide: (tx, vm, { input, caller }) => {
    const reason = input.reason ?? null;
    vmEvent(tx, "USER_STOP_VM", vm, `VM ${vm.name} was powered off by ${caller.userName}${reason ? `: ${reason}` : ""}.`);
    return powerOff(tx, vm, reason);
  },
});

/** What would bring the VM back, move it on, or end on a state of its own. */
const CONTRADICTED = ["startVm", "resumeVm", "shutdownVm", "rebootVm", "resetVm", "migrateVm"];

/** Cuts the power of one that runs, or is about to. One job does it however often it is asked for. */
export function powerOff(tx: Transaction, vm: RowOf<"Vm">, stopReason: string | null): Decision<"Vm"> {
  const atWork = jobAtWork(tx, vm.id, "stopVm");
  if (atWork) return { entity: tx.update("Vm", vm, { stopReason: stopReason ?? vm.stopReason }), job: atWork };
  const before = stateBefore(tx, vm);
  cancelJobs(tx, vm.id, CONTRADICTED);
  const entity = setVmStatus(tx, vm, "POWERING_DOWN", { stopReason });
  // A VM that is moving may turn up at either end.
  const hostIds = [vm.hostId, vm.migratingToId].filter((id) => id !== null);
  const subject = { kind: "Vm", id: vm.id } as const;
  const job = addJob(tx, { definition: stopVmJob, description: `Powering off VM ${vm.name}`, subject, input: { hostIds, before } });
  return { entity, job };
}

export const stopVmJob: JobDefinition<WithBefore & { hostIds: string[] }, Sightings> = {
  name: "stopVm",
  hostOf: ({ hostIds }) => hostIds[0] ?? null,
  steps: [
    {
      name: "destroy",
      description: "Powering off",
      run: async (context) => {
        const { job, call, callContext } = context;
        for (const hostId of job.input.hostIds) await call(hostId, "vm.destroy", { vmId: job.subjectId, call: callContext(hostId) });
        // What was about to run is still to be taken back: it is not off before.
        await afterEarlierJobs(context, "startVm");
        return (tx) => {
          const vm = tx.get("Vm", job.subjectId);
          // It may be down and on its way up again by now.
          if (vm && vm.hostId !== null && job.input.hostIds.includes(vm.hostId) && !isLaunching(vm.status)) setVmDown(tx, vm, null);
        };
      },
    },
  ],
  look: lookForVm,
  ended: (tx, job, outcome, seen) => {
    const vm = tx.get("Vm", job.subjectId);
    if (!vm || outcome === "FINISHED" || vm.status !== "POWERING_DOWN" || isSuperseded(tx.snapshot, job)) return;
    vmEvent(tx, "USER_FAILED_STOP_VM", vm, `VM ${vm.name} could not be powered off.`);
    settleVm(tx, vm, { before: job.input.before, seen });
  },
};
