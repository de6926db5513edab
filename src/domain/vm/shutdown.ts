import { Field, InputType } from "type-graphql";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { OvertError } from "../../errors.ts";
import { addJob, type JobDefinition, type StepContext } from "../job/definition.ts";
import { afterEarlierJobs, cancelJobs, isSuperseded } from "../job/running.ts";
import { lookForVm, settleVm, stateBefore, type Sightings, type WithBefore } from "./settle.ts";
import { requireVmState } from "./states.ts";
import { powerOff } from "./stop.ts";
import { setVmStatus, vmEvent } from "./status.ts";

@InputType()
export class ShutdownVmInput {
  @Field({ nullable: true, description: "Kept as `stopReason`." }) reason?: string;
}
/** A guest that has not powered off by then does not want to. */
const PATIENCE_MS = 300_000;

/**
 * Asks the guest to power itself off. A migration ends first: the VM is asked where it is then. One that is still being
 * started has no guest to ask, and is powered off. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE.
 */
export const shutdownVm = (
  engine: Engine,
  caller: Caller,
  { id, input, ...request }: Request & { id: string; input?: ShutdownVmInput | null },
): Promise<Outcome<"Vm">> =>
  command(engine, caller, request, {
    verb: "shutdownVm",
    kind: "Vm",
    input: { id, input },
    decide: (tx) => {
      permit(caller, "SHUT_DOWN_VM");
      const vm = tx.need("Vm", id);
      requireVmState(vm, "shutdown");
      const reason = input?.reason ?? null;
      if (vm.status === "WAIT_FOR_LAUNCH") {
        vmEvent(
          tx,
          "USER_STOPPED_VM_INSTEAD_OF_SHUTDOWN",
          vm,
          `VM ${vm.name} was powered off by ${caller.userName}: it was being started.`,
        );
        return powerOff(tx, vm, reason);
      }
      const before = stateBefore(tx, vm);
      cancelJobs(tx, id, ["migrateVm", "shutdownVm"]);
      const entity = setVmStatus(tx, vm, "POWERING_DOWN", { stopReason: reason });
      const job = addJob(tx, {
        definition: shutdownVmJob,
        description: `Shutting down VM ${vm.name}`,
        subject: { kind: "Vm", id },
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
