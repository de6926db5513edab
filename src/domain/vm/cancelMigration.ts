import { OvertError } from "../../errors.ts";
import { permit, type Caller } from "../access/caller.ts";
import type { Request, Outcome } from "../command.ts";
import { command } from "../command.ts";
import type { Engine } from "../engine.ts";
import { cancelJobs } from "../job/running.ts";
import { requireVmState } from "./states.ts";
import { hostName, vmEvent } from "./status.ts";

/** Stops a migration that is under way; the VM stays where it was. Answers the migration's job. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE. */
export const cancelVmMigration = (engine: Engine, caller: Caller, { id, ...request }: Request & { id: string }): Promise<Outcome<"Vm">> =>
  command(engine, caller, request, {
    verb: "cancelVmMigration",
    kind: "Vm",
    input: id,
    decide: (tx) => {
      permit(caller, "MIGRATE_VM");
      const vm = tx.need("Vm", id);
      requireVmState(vm, "cancelMigration");
      const [job] = cancelJobs(tx, id, ["migrateVm"]);
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
