import type { JobDefinition } from "../job/definition.ts";
import { setVmStatus, vmEvent } from "./status.ts";

/** Lets a paused VM go on; the job of `startVm` on such a VM. */
export const resumeVmJob: JobDefinition<{ hostId: string }> = {
  name: "resumeVm",
  steps: [
    {
      name: "resume",
      description: "Letting the VM go on",
      run: async ({ job, call, callContext }) => {
        await call(job.input.hostId, "vm.resume", { vmId: job.subjectId, call: callContext() });
        return (tx) => {
          const vm = tx.get("Vm", job.subjectId);
          if (!vm || vm.status !== "PAUSED") return;
          setVmStatus(tx, vm, "UP");
          vmEvent(tx, "USER_RESUME_VM", vm, `VM ${vm.name} was resumed.`);
        };
      },
    },
  ],
};
