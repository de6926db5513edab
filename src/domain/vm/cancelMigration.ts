import { OvertError } from "../../errors.ts";
import { permit, type Caller } from "../access/caller.ts";
import type { Request, Outcome } from "../command.ts";
import { command } from "../command.ts";
import type { Engine } from "../engine.ts";
import { Job } from "../job/job.ts";
import { requireVmState } from "./states.ts";
import { hostName, vmEvent } from "./status.ts";

/** Stops a migration that is under way; the VM stays where it was. Answers the migration's job. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE. */
export async function cancelVmMigration(
  engine: Engine,
  caller: Caller,
  { id, ...request }: Request & { id: string },
): Promise<Outcome<"Vm">> {
  const outcome = await command(engine, caller, request, {
    verb: "cancelVmMigration",
    kind: "Vm",
    input: id,
    decide: (tx) => {
      permit(caller, "MIGRATE_VM");
      const vm = tx.need("Vm", id);
      requireVmState(vm, "cancelMigration");
      vmEvent(
        tx,
        "VM_CANCEL_MIGRATION",
        vm,
        `Cancelling the migration of VM ${vm.name} from ${hostName(tx, vm.hostId)} was asked for by ${caller.userName}.`,
      );
      return { entity: vm };
    },
  });
  if (outcome.plan) return outcome;
  const job = await engine.database.reader.findOneBy(Job, { subjectId: id, name: "migrateVm", status: "STARTED" });
  if (!job)
    throw new OvertError("NOT_ALLOWED_IN_STATE", "No migration of this VM is under way any more.", [{ code: "NO_MIGRATION", message: id }]);
  await engine.jobs.cancel(job.id);
  return { ...outcome, job };
}
