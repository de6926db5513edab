import { Field, ID, InputType } from "type-graphql";
import { OvertError } from "../../errors.ts";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { HostCallError } from "../host/ports.ts";
import { addJob, type JobDefinition, type StepContext } from "../job/definition.ts";
import { choose } from "../placement/choose.ts";
import { arrived } from "./observe.ts";
import { requireVmState } from "./states.ts";
import { hostName, setVmStatus, vmEvent } from "./status.ts";

@InputType()
export class MigrateVmInput {
  @Field(() => ID, { nullable: true, description: "Move here and nowhere else; the best host of its cluster when absent." })
  hostId?: string;
}
interface MigrateInput {
  fromId: string;
  toId: string;
}
/** The VM goes on in the meantime, so a long move is no harm; a dead one is ended by the link, not by this. */
const MIGRATION_DEADLINE_MS = 6 * 3_600_000;
const DEFAULT_DOWNTIME_MS = 500;

/** Moves a running VM to another host. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE, NO_HOST (with a reason per host). */
export const migrateVm = (
  engine: Engine,
  caller: Caller,
  { id, input, ...request }: Request & { id: string; input?: MigrateVmInput | null },
): Promise<Outcome<"Vm">> =>
  command(engine, caller, request, {
    verb: "migrateVm",
    kind: "Vm",
    input: { id, input },
    decide: (tx) => {
      permit(caller, "MIGRATE_VM");
      const vm = tx.need("Vm", id);
      requireVmState(vm, "migrate");
      const fromId = vm.hostId;
      if (fromId === null) throw new OvertError("NOT_ALLOWED_IN_STATE", `${vm.name} runs on no host.`);
      const { hostId: toId, ranked } = choose(tx, vm, { hostId: input?.hostId, exclude: fromId });
      const to = tx.need("Host", toId);
      tx.claim("Host", to);
      const entity = setVmStatus(tx, vm, "MIGRATING", { migratingToId: toId });
      const job = addJob(tx, {
        definition: migrateVmJob,
        description: `Migrating VM ${vm.name} from ${hostName(tx, fromId)} to ${to.name}`,
        subject: { kind: "Vm", id },
        input: { fromId, toId },
      });
      const by = caller.userId === null ? "" : ` by ${caller.userName}`;
      vmEvent(
        tx,
        caller.userId === null ? "VM_MIGRATION_START_SYSTEM_INITIATED" : "VM_MIGRATION_START",
        vm,
        `Migration of VM ${vm.name} was started${by} (source: ${hostName(tx, fromId)}, destination: ${to.name}).`,
      );
      return { entity, job, placement: ranked, downtime: vm.migrationDowntime ?? DEFAULT_DOWNTIME_MS };
    },
  });

/** Whether the VM runs on the destination now; asked when the source cannot tell how the move ended. */
async function runsAtDestination({ job, call }: StepContext<MigrateInput>): Promise<boolean> {
  const { vms } = await call(job.input.toId, "host.vms", {});
  return vms.some((vm) => vm.vmId === job.subjectId && !vm.incoming && vm.state === "RUNNING");
}

async function move(context: StepContext<MigrateInput>): Promise<void> {
  const { job, snapshot, call, callContext, progress } = context;
  const { fromId, toId } = job.input;
  const vm = snapshot().need("Vm", job.subjectId);
  if (vm.hostId === toId) return;
  const { bandwidth, autoConverge } = vm.migration ?? snapshot().need("Cluster", vm.clusterId).migration;
  const destinationUri = snapshot().need("Host", toId).capabilities?.migrationUri ?? "";
  const params = {
    vmId: vm.id,
    destinationUri,
    bandwidth,
    autoConverge,
    maximumDowntime: vm.migrationDowntime ?? DEFAULT_DOWNTIME_MS,
    call: callContext(),
  };
  try {
    await call(fromId, "vm.migrate", params, { deadlineMs: MIGRATION_DEADLINE_MS, onProgress: ({ percent }) => progress(percent) });
  } catch (error) {
    const gone = error instanceof HostCallError && error.code === "NOT_FOUND";
    if (!(gone && (await runsAtDestination(context)))) throw error;
  }
}

export const migrateVmJob: JobDefinition<MigrateInput> = {
  name: "migrateVm",
  steps: [
    {
      name: "move",
      description: "Moving the running VM",
      cancellable: true,
      run: async (context) => {
        await move(context);
        const { fromId, toId } = context.job.input;
        const { vms } = await context.call(toId, "host.vms", {});
        const report = vms.find((vm) => vm.vmId === context.job.subjectId);
        return (tx) => {
          const vm = tx.get("Vm", context.job.subjectId);
          if (!vm) return;
          if (report && (vm.hostId === fromId || vm.hostId === toId)) arrived(tx, vm, toId, report);
          vmEvent(
            tx,
            "VM_MIGRATION_DONE",
            { ...vm, hostId: toId },
            `Migration of VM ${vm.name} is complete (source: ${hostName(tx, fromId)}, destination: ${hostName(tx, toId)}).`,
          );
        };
      },
    },
  ],
  ended: (tx, job, outcome) => {
    const vm = tx.get("Vm", job.subjectId);
    if (!vm || outcome === "FINISHED") return;
    const code = outcome === "ABORTED" ? "VM_MIGRATION_ABORT" : "VM_MIGRATION_FAILED";
    vmEvent(
      tx,
      code,
      vm,
      `Migration of VM ${vm.name} to ${hostName(tx, job.input.toId)} ${outcome === "ABORTED" ? "was cancelled" : "failed"}.`,
    );
    if (vm.status !== "MIGRATING") return;
    const reachable = tx.get("Host", vm.hostId)?.status === "UP" || tx.get("Host", vm.hostId)?.status === "PREPARING_FOR_MAINTENANCE";
    setVmStatus(tx, vm, reachable ? "UP" : "UNKNOWN", { migratingToId: null });
  },
};
