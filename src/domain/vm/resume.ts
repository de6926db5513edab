import { OvertError } from "../../errors.ts";
import type { JobDefinition, StepContext } from "../job/definition.ts";
import { isSuperseded } from "../job/running.ts";
import { lookForVm, settleAt, settleVm, type Sightings } from "./settle.ts";
import { vmEvent } from "./status.ts";

/** ms in which the host tells by itself that the VM goes on. */
const PATIENCE_MS = 5_000;

type ResumeContext = StepContext<{ hostId: string }>;

/** Lets a paused VM go on, or wakes one that sleeps; the job of `startVm` on such a VM. */
export const resumeVmJob: JobDefinition<{ hostId: string }, Sightings> = {
  name: "resumeVm",
  hostOf: ({ hostId }) => hostId,
  steps: [
    {
      name: "resume",
      description: "Letting the VM go on",
      run: async (context) => {
        const { job, call, callContext } = context;
        await call(job.input.hostId, "vm.resume", { vmId: job.subjectId, call: callContext() });
        const report = (await wentOn(context)) ? null : await stillPaused(context);
        return (tx) => {
          const vm = tx.get("Vm", job.subjectId);
          if (!vm) return;
          if (report && vm.status === "PAUSED" && vm.hostId === job.input.hostId)
            settleAt(tx, vm, { hostId: vm.hostId, report, before: "PAUSED" });
          vmEvent(tx, "USER_RESUME_VM", vm, `VM ${vm.name} was resumed.`);
        };
      },
    },
  ],
  look: lookForVm,
  ended: (tx, job, outcome, seen) => {
    const vm = tx.get("Vm", job.subjectId);
    if (!vm || outcome === "FINISHED" || vm.status !== "PAUSED" || isSuperseded(tx.snapshot, job)) return;
    vmEvent(tx, "USER_FAILED_RESUME_VM", vm, `VM ${vm.name} could not be resumed.`);
    settleVm(tx, vm, { before: "PAUSED", seen });
  },
};

/** The host's own word is taken, in its order: a VM that pauses again at once is paused. */
async function wentOn({ job, until }: ResumeContext): Promise<boolean> {
  try {
    await until((now) => now.get("Vm", job.subjectId)?.status !== "PAUSED", PATIENCE_MS);
    return true;
  } catch (error) {
    if (error instanceof OvertError && error.reasons.some(({ code }) => code === "TIMEOUT")) return false;
    throw error;
  }
}

/** The report of one that runs all the same; throws NOT_ALLOWED_IN_STATE when it does not. */
async function stillPaused({ job, call }: ResumeContext) {
  const { vms } = await call(job.input.hostId, "host.vms", {});
  const report = vms.find(({ vmId }) => vmId === job.subjectId);
  if (report?.state === "RUNNING") return report;
  const message = report ? `The VM paused again at once (${report.pauseReason ?? report.state}).` : "The VM has ended.";
  throw new OvertError("NOT_ALLOWED_IN_STATE", message, [{ code: report ? "STILL_PAUSED" : "VM_ENDED", message }]);
}
