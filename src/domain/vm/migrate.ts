import { Field, ID, InputType } from "type-graphql";
import type { Transaction } from "../../db/unitOfWork.ts";
import { OvertError } from "../../errors.ts";
import type { Caller } from "../access/caller.ts";
import type { Decision } from "../command.ts";
import { HostCallError } from "../host/ports.ts";
import { addJob, type EndedJob, type JobDefinition, type StepContext } from "../job/definition.ts";
import { afterEarlierJobs, isSuperseded, jobAtWork } from "../job/running.ts";
import type { RowOf } from "../kinds.ts";
import { throwRefusals } from "../noun/states.ts";
import { verb } from "../noun/verb.ts";
import { choose, wishedHost } from "../placement/choose.ts";
import { endedUnseen, lookForVm, placeOf, settleAt, settleVm, stateBefore, type Sightings, type WithBefore } from "./settle.ts";
import { asleepRefusal, engineMoveRefusal, isRunningOrPaused, MIGRATABLE, pinnedRefusal } from "./states.ts";
import { hostName, setVmStatus, vmEvent } from "./status.ts";

@InputType({ description: "Where a VM is moved." })
class MigrateVmInput {
  @Field(() => ID, { nullable: true, description: "Move here and nowhere else; the best host of its cluster when absent." })
  hostId?: string;
}
interface MigrateInput extends WithBefore {
  fromId: string;
  toId: string;
}
/** The VM goes on in the meantime, so a long move is no harm; a dead one is ended by the link, not by this. */
const MIGRATION_DEADLINE_MS = 6 * 3_600_000;
const DEFAULT_DOWNTIME_MS = 500;

/** Moves a running VM to another host. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE, NO_HOST (with a reason per host). */
export const migrateVm = verb({
  name: "migrateVm",
  on: "Vm",
  permit: "MIGRATE_VM",
  states: MIGRATABLE,
  done: "migrated",
  risk: "REVERSIBLE",
  description: "Moves a running VM to another host of its cluster.",
  input: MigrateVmInput,
  needs: ({ input, seen }) => (wishedHost(seen, input), []),
  unless: (vm) => pinnedRefusal(vm) ?? asleepRefusal(vm, "migrated"),
  decide: (tx, vm, { input, caller }) => beginMigration(tx, caller, vm, input.hostId),
});

function beginMigration(tx: Transaction, caller: Caller, vm: RowOf<"Vm">, wanted?: string): Decision<"Vm"> {
  if (caller.userId === null) throwRefusals([engineMoveRefusal(vm)]);
  refuseSecondMove(tx, vm);
  const fromId = vm.hostId;
  if (fromId === null) throw new OvertError("NOT_ALLOWED_IN_STATE", `${vm.name} runs on no host.`);
  const { hostId: toId, ranked } = choose(tx, vm, { hostId: wanted, exclude: fromId });
  const to = tx.need("Host", toId);
  tx.claim("Host", to);
  const before = stateBefore(tx, vm);
  const entity = setVmStatus(tx, vm, "MIGRATING", { migratingToId: toId });
  const job = addJob(tx, {
    definition: migrateVmJob,
    description: `Migrating VM ${vm.name} from ${hostName(tx, fromId)} to ${to.name}`,
    subject: { kind: "Vm", id: vm.id },
    input: { fromId, toId, before },
  });
  const by = caller.userId === null ? "" : ` by ${caller.userName}`;
  vmEvent(
    tx,
    caller.userId === null ? "VM_MIGRATION_START_SYSTEM_INITIATED" : "VM_MIGRATION_START",
    vm,
    `Migration of VM ${vm.name} was started${by} (source: ${hostName(tx, fromId)}, destination: ${to.name}).`,
  );
  return { entity, job, placement: ranked, downtime: vm.migrationDowntime ?? DEFAULT_DOWNTIME_MS };
}

/** A VM that pauses on its way is PAUSED, and still on its way. */
function refuseSecondMove(tx: Transaction, vm: RowOf<"Vm">): void {
  if (!jobAtWork(tx, vm.id, "migrateVm")) return;
  const message = `VM ${vm.name} is being migrated already.`;
  throw new OvertError("NOT_ALLOWED_IN_STATE", message, [{ code: "MIGRATION_UNDER_WAY", message }]);
}

/** False once the VM was stopped, or turned up somewhere else. */
const isOnItsWay = (vm: RowOf<"Vm"> | undefined, { fromId, toId }: MigrateInput) => vm?.hostId === fromId && vm.migratingToId === toId;
const superseded = () =>
  new OvertError("CONFLICT", "The VM was stopped while it was being moved.", [{ code: "STOPPED", message: "stopVm was faster." }]);

async function reportAt({ job, call }: StepContext<MigrateInput>) {
  const { vms } = await call(job.input.toId, "host.vms", {});
  return vms.find(({ vmId, incoming }) => vmId === job.subjectId && !incoming);
}

async function move(context: StepContext<MigrateInput>): Promise<void> {
  const { job, snapshot, call, callContext, progress } = context;
  const { fromId, toId } = job.input;
  const vm = snapshot().get("Vm", job.subjectId);
  if (vm?.hostId === toId) return;
  if (!vm || !isOnItsWay(vm, job.input)) throw superseded();
  const { bandwidth, autoConverge, compressed } = vm.migration ?? snapshot().need("Cluster", vm.clusterId).migration;
  const destinationUri = snapshot().need("Host", toId).capabilities?.migrationUri ?? "";
  const params = {
    vmId: vm.id,
    destinationUri,
    // A limit that was left out of the input is stored as nothing.
    bandwidth: bandwidth ?? null,
    autoConverge,
    compressed: compressed ?? false,
    maximumDowntime: vm.migrationDowntime ?? DEFAULT_DOWNTIME_MS,
    call: callContext(),
  };
  try {
    await call(fromId, "vm.migrate", params, { deadlineMs: MIGRATION_DEADLINE_MS, onProgress: ({ percent }) => progress(percent) });
  } catch (error) {
    const gone = error instanceof HostCallError && error.code === "NOT_FOUND";
    if (!(gone && (await reportAt(context)))) throw error;
  }
}

/** What follows once the source has let go: from the placement on, what the destination tells by itself counts too. */
async function arrive(context: StepContext<MigrateInput>): Promise<(tx: Transaction) => void> {
  const { job, write } = context;
  const { fromId, toId, before } = job.input;
  await write((tx) => {
    const vm = tx.get("Vm", job.subjectId);
    if (vm && isOnItsWay(vm, job.input)) tx.update("Vm", vm, { hostId: toId, migratingToId: null });
  });
  const report = await reportAt(context);
  return (tx) => {
    const vm = tx.get("Vm", job.subjectId);
    if (!vm) return;
    const words = `Migration of VM ${vm.name} is complete (source: ${hostName(tx, fromId)}, destination: ${hostName(tx, toId)}).`;
    vmEvent(tx, "VM_MIGRATION_DONE", { ...vm, hostId: toId }, words);
    if (vm.hostId !== toId) return;
    if (!report && isRunningOrPaused(vm.status)) endedUnseen(tx, vm);
    if (report && vm.status === "MIGRATING") settleAt(tx, vm, { hostId: toId, report, before });
  };
}

export const migrateVmJob: JobDefinition<MigrateInput, Sightings> = {
  name: "migrateVm",
  hostOf: ({ fromId }) => fromId,
  steps: [
    {
      name: "move",
      description: "Moving the running VM",
      cancellable: true,
      run: async (context) => {
        await afterEarlierJobs(context);
        await move(context);
        return arrive(context);
      },
    },
  ],
  look: lookForVm,
  ended: (tx, job, outcome, seen) => {
    const vm = tx.get("Vm", job.subjectId);
    if (!vm || outcome === "FINISHED") return;
    letGo(tx, vm, job, seen);
    const after = tx.need("Vm", vm.id);
    const to = hostName(tx, job.input.toId);
    // The source fell silent, or the cancel came too late.
    if (after.hostId === job.input.toId && isRunningOrPaused(after.status))
      return vmEvent(tx, "VM_MIGRATION_DONE", after, `VM ${vm.name} was found on ${to}, its migration's destination.`);
    if (outcome === "ABORTED") vmEvent(tx, "VM_MIGRATION_ABORT", vm, `Migration of VM ${vm.name} to ${to} was cancelled.`);
    else vmEvent(tx, "VM_MIGRATION_FAILED", vm, `Migration of VM ${vm.name} to ${to} failed.`);
  },
};

/** The VM of a move that did not come to its end: where it is, and how. */
function letGo(tx: Transaction, vm: RowOf<"Vm">, job: EndedJob<MigrateInput>, seen: Sightings | null): void {
  const onItsWay = isOnItsWay(vm, job.input);
  if (isSuperseded(tx.snapshot, job)) {
    // Whoever holds it now needs to know where.
    const hostId = placeOf(seen, [job.input.fromId, job.input.toId]) ?? vm.hostId;
    if (onItsWay && vm.status !== "MIGRATING") tx.update("Vm", vm, { hostId, migratingToId: null });
    return;
  }
  const moving = vm.status === "MIGRATING";
  if (moving || onItsWay) settleVm(tx, vm, { before: moving ? job.input.before : vm.status, seen });
}
