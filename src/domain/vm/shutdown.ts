import { Field, InputType } from "type-graphql";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { addJob, type JobDefinition } from "../job/definition.ts";
import { requireVmState } from "./states.ts";
import { powerOff } from "./stop.ts";
import { setVmStatus, vmEvent } from "./status.ts";

@InputType()
export class ShutdownVmInput {
  @Field({ nullable: true, description: "Kept as `stopReason`." }) reason?: string;
}
/** A guest that has not powered off by then does not want to. */
const PATIENCE_MS = 300_000;

/** Asks the guest to power itself off; a suspended VM loses its memory image. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE. */
export const shutdownVm = (
  engine: Engine,
  caller: Caller,
  { id, input, ...request }: Request & { id: string; input?: ShutdownVmInput | null },
): Promise<Outcome<"Vm">> =>
  command(engine, caller, request, {
    verb: "shutdownVm",
    kind: "Vm",
    input: { id, input },
    decide: (tx) => {
      permit(caller, "SHUT_DOWN_VM");
      const vm = tx.need("Vm", id);
      requireVmState(vm, "shutdown");
      const reason = input?.reason ?? null;
      if (vm.hostId === null) return powerOff(tx, vm, reason);
      const entity = setVmStatus(tx, vm, "POWERING_DOWN", { stopReason: reason });
      const job = addJob(tx, {
        definition: shutdownVmJob,
        description: `Shutting down VM ${vm.name}`,
        subject: { kind: "Vm", id },
        input: { hostId: vm.hostId },
      });
      vmEvent(tx, "USER_INITIATED_SHUTDOWN_VM", vm, `Shutdown of VM ${vm.name} was asked for by ${caller.userName}.`);
      return { entity, job };
    },
  });

export const shutdownVmJob: JobDefinition<{ hostId: string }> = {
  name: "shutdownVm",
  steps: [
    {
      name: "ask",
      description: "Asking the guest to power off",
      run: async ({ job, call, callContext }) => {
        await call(job.input.hostId, "vm.shutdown", { vmId: job.subjectId, call: callContext() });
      },
    },
    {
      name: "wait",
      description: "Waiting for the guest to power off",
      cancellable: true,
      run: async ({ job, until }) => {
        await until((snapshot) => snapshot.get("Vm", job.subjectId)?.status !== "POWERING_DOWN", PATIENCE_MS);
      },
    },
  ],
  ended: (tx, job, outcome) => {
    const vm = tx.get("Vm", job.subjectId);
    if (!vm || outcome === "FINISHED" || vm.status !== "POWERING_DOWN") return;
    vmEvent(tx, "USER_FAILED_SHUTDOWN_VM", vm, `VM ${vm.name} did not shut down.`);
    setVmStatus(tx, vm, tx.get("Host", vm.hostId)?.status === "UP" ? "UP" : "UNKNOWN");
  },
};
