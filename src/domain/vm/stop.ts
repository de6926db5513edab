import { Field, InputType } from "type-graphql";
import type { Transaction } from "../../db/unitOfWork.ts";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Decision, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { addJob, type JobDefinition } from "../job/definition.ts";
import type { RowOf } from "../kinds.ts";
import { requireVmState } from "./states.ts";
import { setVmDown, setVmStatus, vmEvent } from "./status.ts";

@InputType()
export class StopVmInput {
  @Field({ nullable: true, description: "Kept as `stopReason`." }) reason?: string;
}

/** Cuts a VM's power; a suspended one loses its memory image. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE. */
export const stopVm = (
  engine: Engine,
  caller: Caller,
  { id, input, ...request }: Request & { id: string; input?: StopVmInput | null },
): Promise<Outcome<"Vm">> =>
  command(engine, caller, request, {
    verb: "stopVm",
    kind: "Vm",
    input: { id, input },
    decide: (tx) => {
      permit(caller, "STOP_VM");
      const vm = tx.need("Vm", id);
      requireVmState(vm, "stop");
      const reason = input?.reason ?? null;
      vmEvent(tx, "USER_STOP_VM", vm, `VM ${vm.name} was powered off by ${caller.userName}${reason ? `: ${reason}` : ""}.`);
      return powerOff(tx, vm, reason);
    },
  });

function powerOff(tx: Transaction, vm: RowOf<"Vm">, stopReason: string | null): Decision<"Vm"> {
  if (vm.hostId === null)
    return { entity: setVmDown(tx, tx.update("Vm", vm, { stopReason, memoryPath: null, memoryDomainId: null }), null) };
  const entity = setVmStatus(tx, vm, "POWERING_DOWN", { stopReason });
  const job = addJob(tx, {
    definition: stopVmJob,
    description: `Powering off VM ${vm.name}`,
    subject: { kind: "Vm", id: vm.id },
    input: { hostId: vm.hostId },
  });
  return { entity, job };
}

export const stopVmJob: JobDefinition<{ hostId: string }> = {
  name: "stopVm",
  steps: [
    {
      name: "destroy",
      description: "Powering off",
      run: async ({ job, call, callContext }) => {
        await call(job.input.hostId, "vm.destroy", { vmId: job.subjectId, call: callContext() });
        return (tx) => {
          const vm = tx.get("Vm", job.subjectId);
          if (vm?.hostId === job.input.hostId) setVmDown(tx, vm, null);
        };
      },
    },
  ],
  ended: (tx, job, outcome) => {
    const vm = tx.get("Vm", job.subjectId);
    if (!vm || outcome === "FINISHED" || vm.status !== "POWERING_DOWN") return;
    vmEvent(tx, "USER_FAILED_STOP_VM", vm, `VM ${vm.name} could not be powered off.`);
    setVmStatus(tx, vm, tx.get("Host", vm.hostId)?.status === "UP" ? "UP" : "UNKNOWN");
  },
};
