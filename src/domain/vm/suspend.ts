import type { Transaction } from "../../db/unitOfWork.ts";
import { OvertError } from "../../errors.ts";
import { HostCallError } from "../host/ports.ts";
import { addJob, type JobDefinition } from "../job/definition.ts";
import { afterEarlierJobs, isSuperseded } from "../job/running.ts";
import type { RowOf } from "../kinds.ts";
import { verb } from "../noun/verb.ts";
import { lookForVm, settleVm, type Sightings, type WithBefore } from "./settle.ts";
import { hostName, setVmStatus, setVmSuspended, vmEvent } from "./status.ts";

const SAVE_DEADLINE_MS = 3_600_000;

/** Writes the VM's memory to a storage domain and ends it; `startVm` brings it back. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE, STORAGE. */
export const suspendVm = verb({
  name: "suspendVm",
  on: "Vm",
  permit: "HIBERNATE_VM",
  states: ["UP"],
  done: "suspended",
  risk: "REVERSIBLE",
  description: "Writes the memory to storage and ends the VM; startVm brings it back.",
  decide: (tx, vm, { caller }) => {
    const domain = domainForMemory(tx, vm);
    const memoryPath = `${domain.storage.path}/${domain.id}/memory/${vm.id}`;
    const entity = setVmStatus(tx, vm, "SAVING_STATE", { memoryPath, memoryDomainId: domain.id });
    const job = addJob(tx, {
      definition: suspendVmJob,
      description: `Suspending VM ${vm.name}`,
      subject: { kind: "Vm", id: vm.id },
      input: { hostId: vm.hostId ?? "", memoryPath, before: vm.status },
    });
    vmEvent(tx, "USER_SUSPEND_VM", vm, `Suspending VM ${vm.name} was asked for by ${caller.userName} (host: ${hostName(tx, vm.hostId)}).`);
    return { entity, job };
  },
});

/** The domain of its first disk, else any that serves the data center and has room. */
function domainForMemory(tx: Transaction, vm: RowOf<"Vm">): RowOf<"StorageDomain"> {
  const { snapshot } = tx;
  const ofDisks = snapshot
    .by("DiskAttachment", "vmId", vm.id)
    .map(({ diskId }) => snapshot.get("StorageDomain", snapshot.need("Disk", diskId).storageDomainId));
  const { dataCenterId } = snapshot.need("Cluster", vm.clusterId);
  const candidates = [...ofDisks, ...snapshot.by("StorageDomain", "dataCenterId", dataCenterId)];
  const found = candidates.find((domain) => domain?.status === "ACTIVE" && (domain.available ?? 0) > vm.memory);
  if (found) return found;
  throw new OvertError("STORAGE", `No storage domain has room for the memory of ${vm.name}.`, [
    { code: "NO_SPACE", message: `${vm.memory} bytes are needed.` },
  ]);
}

export const suspendVmJob: JobDefinition<WithBefore & { hostId: string; memoryPath: string }, Sightings> = {
  name: "suspendVm",
  steps: [
    {
      name: "save",
      description: "Writing the memory",
      run: async (context) => {
        await afterEarlierJobs(context);
        const { job, snapshot, call, callContext } = context;
        const { hostId, memoryPath } = job.input;
        try {
          await call(hostId, "vm.suspend", { vmId: job.subjectId, memoryPath, call: callContext() }, { deadlineMs: SAVE_DEADLINE_MS });
        } catch (error) {
          const observed = snapshot().get("Vm", job.subjectId)?.status === "SUSPENDED";
          if (!(observed && error instanceof HostCallError && error.code === "NOT_FOUND")) throw error;
        }
        return (tx) => {
          const vm = tx.get("Vm", job.subjectId);
          if (!vm) return;
          vmEvent(tx, "USER_SUSPEND_VM_OK", { ...vm, hostId }, `VM ${vm.name} on host ${hostName(tx, hostId)} is suspended.`);
          if (vm.status === "SAVING_STATE") setVmSuspended(tx, vm);
        };
      },
    },
  ],
  look: lookForVm,
  ended: (tx, job, outcome, seen) => {
    const vm = tx.get("Vm", job.subjectId);
    if (!vm || outcome === "FINISHED" || vm.status !== "SAVING_STATE" || isSuperseded(tx.snapshot, job)) return;
    vmEvent(tx, "USER_FAILED_SUSPEND_VM", vm, `VM ${vm.name} could not be suspended.`);
    const settled = settleVm(tx, vm, { before: job.input.before, seen });
    // Where its host is silent it may be suspended yet: the file is all there is of it then.
    if (settled.status !== "UNKNOWN") tx.update("Vm", settled, { memoryPath: null, memoryDomainId: null });
  },
};
