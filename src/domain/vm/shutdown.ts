import { Field, InputType } from "type-graphql";
import { OvertError } from "../../errors.ts";
import { addJob, type JobDefinition, type StepContext } from "../job/definition.ts";
import { afterEarlierJobs, cancelJobs, isSuperseded } from "../job/running.ts";
import { verb } from "../noun/verb.ts";
import { lookForVm, settleVm, stateBefore, type Sightings, type WithBefore } from "./settle.ts";
import { asleepRefusal, DISCARD_HINT } from "./states.ts";
import { setVmStatus, vmEvent } from "./status.ts";
import { powerOff } from "./stop.ts";

@InputType()
class ShutdownVmInput {
  @Field({ nullable: true, description: "Kept as `stopReason`." }) reason?: string;
}
/** A guest that has not powered off by then does not want to. */
const PATIENCE_MS = 300_000;

/**
 * Asks the guest to power itself off. A migration ends first: the VM is asked where it is then. One that is still being
 * started has no guest to ask, and is powered off. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE.
 */
export const shutdownVm = verb({
  name: "shutdownVm",
  on: "Vm",
  permit: "SHUT_DOWN_VM",
  states: ["UP", "POWERING_UP", "PAUSED", "MIGRATING", "NOT_RESPONDING", "WAIT_FOR_LAUNCH", "REBOOT_IN_PROGRESS", "POWERING_DOWN"],
  done: "shut down",
  risk: "DISRUPTIVE",
  description: "Asks the guest to power itself off.",
  input: ShutdownVmInput,
  hints: { SUSPENDED: DISCARD_HINT },
  unless: (vm) => asleepRefusal(vm, "shut down"),
  decide: (tx, vm, { input, caller }) => {
    const reason = input.reason ?? null;
    if (vm.status === "WAIT_FOR_LAUNCH") {
      vmEvent(tx, "USER_STOPPED_VM_INSTEAD_OF_SHUTDOWN", vm, `VM ${vm.name} was powered off by ${caller.userName}: it was being started.`);
      return powerOff(tx, vm, reason);
    }
    const before = stateBefore(tx, vm);
    cancelJobs(tx, vm.id, ["migrateVm", "shutdownVm"]);
    const entity = setVmStatus(tx, vm, "POWERING_DOWN", { stopReason: reason });
    const job = addJob(tx, {
      definition: shutdownVmJob,
      description: `Shutting down VM ${vm.name}`,
      subject: { kind: "Vm", id: vm.id },
      input: { before },
    });
    vmEvent(tx, "USER_INITIATED_SHUTDOWN_VM", vm, `Shutdown of VM ${vm.name} was asked for by ${caller.userName}.`);
    return { entity, job };
  },
});

async function ask(context: StepContext<WithBefore>): Promise<void> {
  await afterEarlierJobs(context);
  const { job, snapshot, call, callContext } = context;
  const vm = snapshot().get("Vm", job.subjectId);
  if (vm?.status !== "POWERING_DOWN" || vm.hostId === null) return;
  await call(vm.hostId, "vm.shutdown", { vmId: vm.id, call: callContext() });
}

async function wait({ job, until }: StepContext<WithBefore>): Promise<void> {
  const now = await until((snapshot) => snapshot.get("Vm", job.subjectId)?.status !== "POWERING_DOWN", PATIENCE_MS);
  const vm = now.get("Vm", job.subjectId);
  if (!vm || vm.status === "DOWN") return;
  const message = `VM ${vm.name} did not go down: it is ${vm.status}.`;
  throw new OvertError("NOT_ALLOWED_IN_STATE", message, [{ code: `VM_STATUS_${vm.status}`, message }]);
}

export const shutdownVmJob: JobDefinition<WithBefore, Sightings> = {
  name: "shutdownVm",
  steps: [
    {
      name: "ask",
      description: "Asking the guest to power off",
      run: ask,
    },
    {
      name: "wait",
      description: "Waiting for the guest to power off",
      cancellable: true,
      run: wait,
    },
  ],
  look: lookForVm,
  ended: (tx, job, outcome, seen) => {
    const vm = tx.get("Vm", job.subjectId);
    if (!vm || outcome === "FINISHED" || vm.status !== "POWERING_DOWN" || isSuperseded(tx.snapshot, job)) return;
    vmEvent(tx, "USER_FAILED_SHUTDOWN_VM", vm, `VM ${vm.name} did not shut down.`);
    settleVm(tx, vm, { before: job.input.before, seen });
  },
};
