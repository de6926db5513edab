import { addJob, type JobDefinition } from "../job/definition.ts";
import { afterEarlierJobs, isSuperseded } from "../job/running.ts";
import { verb } from "../noun/verb.ts";
import { hostForStep } from "../storage/anyHost.ts";
import { setVmDown, setVmStatus, vmEvent } from "./status.ts";

/** Throws the memory of a suspended VM away: it is DOWN then, as after a power cut. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE. */
export const discardVmMemory = verb({
  name: "discardVmMemory",
  on: "Vm",
  permit: "STOP_VM",
  states: ["SUSPENDED"],
  done: "relieved of its memory image",
  risk: "DESTRUCTIVE",
  description: "Throws the memory of a suspended VM away; it starts from its disks then.",
  decide: (tx, vm, { caller }) => {
    const entity = setVmStatus(tx, vm, "IMAGE_LOCKED");
    const subject = { kind: "Vm", id: vm.id } as const;
    const job = addJob(tx, { definition: discardMemoryJob, description: `Dropping the memory of VM ${vm.name}`, subject, input: {} });
    vmEvent(tx, "USER_STOP_SUSPENDED_VM", vm, `The memory of suspended VM ${vm.name} is dropped: ${caller.userName} asked for it.`);
    return { entity, job };
  },
});

export const discardMemoryJob: JobDefinition<object> = {
  name: "discardMemory",
  steps: [
    {
      name: "discard",
      description: "Removing the memory image",
      run: async (context) => {
        await afterEarlierJobs(context);
        const { job, snapshot, call, callContext } = context;
        const vm = snapshot().need("Vm", job.subjectId);
        const { dataCenterId } = snapshot().need("Cluster", vm.clusterId);
        const host = hostForStep(snapshot(), dataCenterId, vm.id);
        if (vm.memoryPath !== null)
          await call(host.id, "vm.discardMemory", { vmId: vm.id, memoryPath: vm.memoryPath, call: callContext() });
        return (tx) => {
          const now = tx.get("Vm", vm.id);
          if (now?.status === "IMAGE_LOCKED") setVmDown(tx, tx.update("Vm", now, { memoryPath: null, memoryDomainId: null }), null);
        };
      },
    },
  ],
  ended: (tx, job, outcome) => {
    const vm = tx.get("Vm", job.subjectId);
    if (!vm || outcome === "FINISHED" || vm.status !== "IMAGE_LOCKED" || isSuperseded(tx.snapshot, job)) return;
    vmEvent(tx, "USER_STOP_SUSPENDED_VM_FAILED", vm, `The memory of VM ${vm.name} could not be dropped.`);
    setVmStatus(tx, vm, "SUSPENDED");
  },
};
