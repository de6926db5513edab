import { verb } from "../noun/verb.ts";
import { beginRestart, restartJob } from "./restart.ts";
import { vmEvent } from "./status.ts";

/** Asks the guest to restart. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE. */
export const rebootVm = verb({
  name: "rebootVm",
  on: "Vm",
  permit: "REBOOT_VM",
  states: ["UP", "POWERING_UP"],
  done: "rebooted",
  risk: "DISRUPTIVE",
  description: "Asks the guest to restart.",
  decide: (tx, vm, { caller }) => {
    vmEvent(tx, "USER_REBOOT_VM", vm, `VM ${vm.name} was rebooted by ${caller.userName}.`);
    return beginRestart(tx, vm, rebootVmJob, `Rebooting VM ${vm.name}`);
  },
});

export const rebootVmJob = restartJob({
  name: "rebootVm",
  step: { name: "ask", description: "Asking the guest to restart" },
  method: "vm.reboot",
  failed: { event: "USER_FAILED_REBOOT_VM", words: (name) => `VM ${name} could not be rebooted.` },
});
