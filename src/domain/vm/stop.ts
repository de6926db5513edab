import { Field, InputType } from "type-graphql";
import type { Transaction } from "../../db/unitOfWork.ts";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Decision, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { addJob, type JobDefinition } from "../job/definition.ts";
import { Job } from "../job/job.ts";
import type { RowOf } from "../kinds.ts";
import { hostForStep } from "../storage/anyHost.ts";
import { requireVmState } from "./states.ts";
import { setVmDown, setVmStatus, vmEvent } from "./status.ts";

@InputType()
export class StopVmInput {
  @Field({ nullable: true, description: "Kept as `stopReason`." }) reason?: string;
}

/** Cuts a VM's power; a suspended one loses its memory image. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE. */
export async function stopVm(
  engine: Engine,
  caller: Caller,
  { id, input, ...request }: Request & { id: string; input?: StopVmInput | null },
): Promise<Outcome<"Vm">> {
  const outcome = await command(engine, caller, request, {
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
  if (outcome.entity) await cancelStart(engine, id);
  return outcome;
}

/** A start that is under way would bring the VM back. */
async function cancelStart({ database, jobs }: Engine, vmId: string): Promise<void> {
  const starting = await database.reader.findBy(Job, { subjectId: vmId, name: "startVm", status: "STARTED" });
  // It may have ended by itself a moment ago.
  for (const { id } of starting) await jobs.cancel(id).catch(() => undefined);
}

/** Cuts the power of one that runs, drops the memory of one that is suspended. */
export function powerOff(tx: Transaction, vm: RowOf<"Vm">, stopReason: string | null): Decision<"Vm"> {
  const subject = { kind: "Vm", id: vm.id } as const;
  if (vm.hostId === null) {
    const entity = setVmStatus(tx, vm, "IMAGE_LOCKED", { stopReason });
    const job = addJob(tx, { definition: discardMemoryJob, description: `Dropping the memory of VM ${vm.name}`, subject, input: {} });
    return { entity, job };
  }
  const entity = setVmStatus(tx, vm, "POWERING_DOWN", { stopReason });
  // A VM that is moving may turn up at either end.
  const hostIds = [vm.hostId, vm.migratingToId].filter((id) => id !== null);
  const job = addJob(tx, { definition: stopVmJob, description: `Powering off VM ${vm.name}`, subject, input: { hostIds } });
  return { entity, job };
}

export const stopVmJob: JobDefinition<{ hostIds: string[] }> = {
  name: "stopVm",
  steps: [
    {
      name: "destroy",
      description: "Powering off",
      run: async ({ job, call, callContext }) => {
        for (const hostId of job.input.hostIds) await call(hostId, "vm.destroy", { vmId: job.subjectId, call: callContext(hostId) });
        return (tx) => {
          const vm = tx.get("Vm", job.subjectId);
          if (vm && vm.hostId !== null && job.input.hostIds.includes(vm.hostId)) setVmDown(tx, vm, null);
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

export const discardMemoryJob: JobDefinition<object> = {
  name: "discardMemory",
  steps: [
    {
      name: "discard",
      description: "Removing the memory image",
      run: async ({ job, snapshot, call, callContext }) => {
        const vm = snapshot().need("Vm", job.subjectId);
        const { dataCenterId } = snapshot().need("Cluster", vm.clusterId);
        const host = hostForStep(snapshot(), dataCenterId, vm.id);
        if (vm.memoryPath) await call(host.id, "vm.discardMemory", { vmId: vm.id, memoryPath: vm.memoryPath, call: callContext() });
        return (tx) => void setVmDown(tx, tx.update("Vm", tx.need("Vm", vm.id), { memoryPath: null, memoryDomainId: null }), null);
      },
    },
  ],
  ended: (tx, job, outcome) => {
    const vm = tx.get("Vm", job.subjectId);
    if (!vm || outcome === "FINISHED" || vm.status !== "IMAGE_LOCKED") return;
    vmEvent(tx, "USER_STOP_SUSPENDED_VM_FAILED", vm, `The memory of VM ${vm.name} could not be dropped.`);
    setVmStatus(tx, vm, "SUSPENDED");
  },
};
