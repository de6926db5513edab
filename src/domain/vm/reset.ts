import { cancelJobs } from "../job/running.ts";
import { verb } from "../noun/verb.ts";
import { beginRestart, restartJob } from "./restart.ts";
import { vmEvent } from "./status.ts";

/** Presses the reset button: for a guest that does not answer. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE. */
export const resetVm = verb({
  name: "resetVm",
  on: "Vm",
  permit: "RESET_VM",
  states: ["UP", "POWERING_UP", "REBOOT_IN_PROGRESS"],
  done: "reset",
  risk: "DISRUPTIVE",
  description: "Restarts the machine as its reset button does: the guest is not asked, and what it has not written to its disks is lost.",
  decide: (tx, vm, { caller }) => {
    cancelJobs(tx, vm.id, ["rebootVm"]);
    vmEvent(tx, "USER_RESET_VM", vm, `VM ${vm.name} was reset by ${caller.userName}.`);
    return beginRestart(tx, vm, resetVmJob, `Resetting VM ${vm.name}`);
  },
});

export const resetVmJob = restartJob({
  name: "resetVm",
  step: { name: "reset", description: "Resetting the machine" },
  method: "vm.reset",
  failed: { event: "USER_FAILED_RESET_VM", words: (name) => `VM ${name} could not be reset.` },
});
