import { OvertError } from "../../errors.ts";
import { cancelJobs } from "../job/running.ts";
import { verb } from "../noun/verb.ts";
import { hostName, vmEvent } from "./status.ts";

/** Stops a migration that is under way; the VM stays where it was. Answers the migration's job. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE. */
export const cancelVmMigration = verb({
  name: "cancelVmMigration",
  on: "Vm",
  permit: "MIGRATE_VM",
  states: ["MIGRATING"],
  done: "kept from migrating",
  risk: "REVERSIBLE",
  description: "Stops a migration; the VM stays where it was.",
  decide: (tx, vm, { caller }) => {
    const [job] = cancelJobs(tx, vm.id, ["migrateVm"]);
    if (!job) {
      const message = `No migration of VM ${vm.name} is under way any more.`;
      throw new OvertError("NOT_ALLOWED_IN_STATE", message, [{ code: "NO_MIGRATION", message }]);
    }
    vmEvent(
      tx,
      "VM_CANCEL_MIGRATION",
      vm,
      `Cancelling the migration of VM ${vm.name} from ${hostName(tx, vm.hostId)} was asked for by ${caller.userName}.`,
    );
    return { entity: vm, job };
  },
});
