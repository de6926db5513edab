import { nounOf } from "../noun/noun.ts";
import { cancelVmMigration } from "./cancelMigration.ts";
import { checkMachine, requireCpuProfile, requireScsi } from "./checkMachine.ts";
import { discardVmMemory } from "./discardMemory.ts";
import { migrateVm } from "./migrate.ts";
import { rebootVm } from "./reboot.ts";
import { resetVm } from "./reset.ts";
import { removeVm } from "./remove.ts";
import { shutdownVm } from "./shutdown.ts";
import { startVm } from "./start.ts";
import { stopVm } from "./stop.ts";
import { suspendVm } from "./suspend.ts";
import { Vm } from "./vm.ts";

export const vm = nounOf(Vm, {
  says: {
    add: "A VM without disks and NICs.",
    update:
      "What describes the machine itself holds at once while it is down, and otherwise from its next run: `nextRun` tells what waits.",
  },
  check: (tx, row, { input, before, seen }) => {
    const checked = checkMachine(row, {
      given: input,
      before,
      like: seen.get("InstanceType", row.instanceTypeId) ?? seen.need("Template", row.templateId),
    });
    requireScsi(tx, row, before);
    requireCpuProfile(tx, row);
    return checked;
  },
  remove: removeVm,
  verbs: [startVm, shutdownVm, stopVm, discardVmMemory, rebootVm, resetVm, suspendVm, migrateVm, cancelVmMigration],
});
