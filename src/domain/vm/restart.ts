import type { Transaction } from "../../db/unitOfWork.ts";
import type { AuditLogName } from "../event/codes.ts";
import { addJob, type JobDefinition } from "../job/definition.ts";
import { isSuperseded } from "../job/running.ts";
import type { RowOf } from "../kinds.ts";
import { lookForVm, settleVm, stateBefore, type Sightings, type WithBefore } from "./settle.ts";
import { setVmStatus, vmEvent } from "./status.ts";

/** What `rebootVm` and `resetVm` have in common: the VM is UP again when its guest agent answers, or after a while (see `monitor.ts`). */
export type RestartJob = JobDefinition<WithBefore & { hostId: string }, Sightings>;

interface Restart {
  name: string;
  step: { name: string; description: string };
  method: "vm.reboot" | "vm.reset";
  failed: { event: AuditLogName; words: (vmName: string) => string };
}
export const restartJob = ({ name, step, method, failed }: Restart): RestartJob => ({
  name,
  hostOf: ({ hostId }) => hostId,
  steps: [
    {
      ...step,
      run: async ({ job, call, callContext }) => {
        await call(job.input.hostId, method, { vmId: job.subjectId, call: callContext() });
      },
    },
  ],
  look: lookForVm,
  ended: (tx, job, outcome, seen) => {
    const vm = tx.get("Vm", job.subjectId);
    if (!vm || outcome === "FINISHED" || vm.status !== "REBOOT_IN_PROGRESS" || isSuperseded(tx.snapshot, job)) return;
    vmEvent(tx, failed.event, vm, failed.words(vm.name));
    settleVm(tx, vm, { before: job.input.before, seen });
  },
});

export function beginRestart(tx: Transaction, vm: RowOf<"Vm">, definition: RestartJob, description: string) {
  const before = stateBefore(tx, vm);
  const entity = setVmStatus(tx, vm, "REBOOT_IN_PROGRESS");
  const job = addJob(tx, { definition, description, subject: { kind: "Vm", id: vm.id }, input: { hostId: vm.hostId ?? "", before } });
  return { entity, job };
}
