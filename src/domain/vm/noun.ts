import { invalid } from "../../errors.ts";
import type { RowOf } from "../kinds.ts";
import { nounOf } from "../noun/noun.ts";
import type { MemoryPolicy } from "../values.ts";
import { cancelVmMigration } from "./cancelMigration.ts";
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
  check: (_tx, { memory, memoryPolicy }, { input, before }) => ({
    memoryPolicy: policyFor(memory, input["memoryPolicy"] ? memoryPolicy : undefined, before),
  }),
  remove: removeVm,
  verbs: [startVm, shutdownVm, stopVm, discardVmMemory, rebootVm, resetVm, suspendVm, migrateVm, cancelVmMigration],
});

/** What was not asked for follows the memory. Throws INVALID when the guarantee is above it. */
function policyFor(memory: number, asked: MemoryPolicy | undefined, before: RowOf<"Vm"> | null): MemoryPolicy {
  const kept = before && { ...before.memoryPolicy, guaranteed: Math.min(before.memoryPolicy.guaranteed, memory) };
  const policy = asked ?? kept ?? { guaranteed: memory, ballooning: true };
  if (policy.guaranteed < 0 || policy.guaranteed > memory) throw invalid("input.memoryPolicy.guaranteed", "0 to the VM's memory.", "RANGE");
  return policy;
}
