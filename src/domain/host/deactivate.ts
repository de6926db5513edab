import { Field, InputType } from "type-graphql";
import type { Transaction } from "../../db/unitOfWork.ts";
import { invalid, OvertError } from "../../errors.ts";
import { SYSTEM } from "../access/caller.ts";
import type { Decision } from "../command.ts";
import { auditEvent, type AuditLogName } from "../event/codes.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import { addJob, type JobDefinition, type LookContext, type StepContext } from "../job/definition.ts";
import { isSuperseded } from "../job/running.ts";
import type { RowOf } from "../kinds.ts";
import { verb } from "../noun/verb.ts";
import { migrateVm, migrateVmJob } from "../vm/migrate.ts";
import { isMigratable } from "../vm/states.ts";
import { HOST_PHRASES, type HostStatus } from "./host.ts";
import { HostCallError, type HostCallErrorCode } from "./ports.ts";
import { deactivationRefusal, hostVms } from "./states.ts";
import { setHostStatus, settle } from "./status.ts";

@InputType({ description: "What may be said when a host goes into maintenance." })
class DeactivateHostInput {
  @Field({ nullable: true, description: "Kept as `maintenanceReason`." }) reason?: string;
}
const EVACUATION_MS = 6 * 3_600_000;
/** The end of a move was committed; the inventory shows it at once. */
const ARRIVAL_MS = 10_000;

/**
 * Sends a host into maintenance: at once when no VM is on it, else after its VMs were moved away.
 * Throws NOT_FOUND, NOT_ALLOWED_IN_STATE (also for a host that does not respond and has VMs on record).
 */
export const deactivateHost = verb({
  name: "deactivateHost",
  on: "Host",
  permit: "MANIPULATE_HOST",
  states: ["INSTALL_FAILED", "UP", "NON_RESPONSIVE", "NON_OPERATIONAL"],
  done: "sent into maintenance",
  risk: "DISRUPTIVE",
  description: "Maintenance: moves the VMs away first.",
  input: DeactivateHostInput,
  unless: (host, snapshot) => deactivationRefusal(snapshot, host),
  decide: (tx, host, { input, caller }) => {
    const reason = input.reason ?? null;
    if ((reason ?? "").trim() === "" && tx.need("Cluster", host.clusterId).maintenanceReasonRequired)
      throw invalid("input.reason", "Its cluster asks for a reason.", "REASON_REQUIRED");
    const words = `Host ${host.name} was switched to maintenance by ${caller.userName}${reason ? ` (reason: ${reason})` : ""}.`;
    hostEvent(tx, reason ? "USER_VDS_MAINTENANCE" : "USER_VDS_MAINTENANCE_WITHOUT_REASON", host, words);
    const given = tx.update("Host", host, { maintenanceReason: reason });
    return hostVms(tx.snapshot, host.id).length === 0 ? { entity: enterMaintenance(tx, given) } : leaveForMaintenance(tx, given);
  },
});

function leaveForMaintenance(tx: Transaction, host: RowOf<"Host">): Decision<"Host"> {
  const entity = setHostStatus(tx, host, "PREPARING_FOR_MAINTENANCE");
  const job = addJob(tx, {
    definition: deactivateHostJob,
    description: `Moving host ${host.name} to maintenance`,
    subject: { kind: "Host", id: host.id },
    input: { before: host.status, detail: host.statusDetail },
  });
  return { entity, job };
}

function enterMaintenance(tx: Transaction, host: RowOf<"Host">): RowOf<"Host"> {
  hostEvent(tx, "VDS_MAINTENANCE", host, `Host ${host.name} is in maintenance.`);
  return setHostStatus(tx, host, "MAINTENANCE");
}

const hostEvent = (tx: Transaction, name: AuditLogName, { id, clusterId }: RowOf<"Host">, words: string) =>
  tx.event(auditEvent(name, words, { hostId: id, clusterId }));

/** What the host was before, and why. Absent in jobs of earlier versions. */
interface EvacuationInput {
  before?: HostStatus;
  detail?: string | null;
}
/** Also one that paused on its way. */
const isMoving = (now: Snapshot, vm: RowOf<"Vm">) =>
  vm.status === "MIGRATING" || now.by("Job", "subjectId", vm.id).some(({ name }) => name === "migrateVm");
/** VMs on the host that are on their way, and those whose turn may come. */
function movesOf(now: Snapshot, hostId: string) {
  const here = now.by("Vm", "hostId", hostId);
  const moving = here.filter((vm) => isMoving(now, vm));
  return { moving, waiting: here.filter((vm) => isMigratable(vm.status) && !moving.includes(vm)) };
}
const isLeaving = (host: RowOf<"Host"> | undefined) => host?.status === "PREPARING_FOR_MAINTENANCE";

/** Throws NOT_ALLOWED_IN_STATE when the host was activated, died, or was removed meanwhile: its state is another's then. */
function requireLeaving(host: RowOf<"Host"> | undefined): void {
  if (isLeaving(host)) return;
  const message = host ? `Host ${host.name} ${HOST_PHRASES[host.status]}.` : "The host was removed.";
  throw new OvertError("NOT_ALLOWED_IN_STATE", message, [{ code: host ? `HOST_STATUS_${host.status}` : "HOST_REMOVED", message }]);
}

/** Moves VMs by the verb itself, as many at once as may be moved away from one host, until none is left. */
async function evacuate(context: StepContext<EvacuationInput>): Promise<void> {
  const { job, snapshot, until, signal } = context;
  const hostId = job.subjectId;
  const most = context.mostAtOnce(migrateVmJob);
  while (hostVms(snapshot(), hostId).length > 0) {
    signal.throwIfAborted();
    requireLeaving(snapshot().get("Host", hostId));
    const { moving, waiting } = movesOf(snapshot(), hostId);
    for (const vm of waiting.slice(0, Math.max(0, most - moving.length))) await moveAway(context, vm);
    const stillHere = hostVms(snapshot(), hostId).length;
    if (stillHere > 0) await until((now) => canGoOn(now, hostId, { stillHere, most }), EVACUATION_MS);
  }
  // The last VM has left before its move has ended: a job ends after its parts.
  await until((now) => now.by("Job", "parentId", job.id).length === 0, EVACUATION_MS);
}

/**
 * One transaction with the host's state: no move begins once the host was activated. Throws NO_HOST for a VM that is still there
 * after its move.
 */
async function moveAway({ job, child, until }: StepContext<EvacuationInput>, { id, name }: RowOf<"Vm">): Promise<void> {
  const hostId = job.subjectId;
  const move = await child(id, (tx, engine) => {
    const host = tx.need("Host", hostId);
    requireLeaving(host);
    tx.claim("Host", host);
    const vm = tx.need("Vm", id);
    const stopped = vm.hostId !== hostId || !isMigratable(vm.status);
    return stopped ? {} : migrateVm.decide(tx, { engine, caller: SYSTEM, id });
  });
  if (!move || move.status === "STARTED") return;
  if (move.status === "FINISHED") return void (await until((now) => now.get("Vm", id)?.hostId !== hostId, ARRIVAL_MS));
  throw new OvertError("NO_HOST", `VM ${name} could not be moved away.`, [{ code: "VM_MIGRATION_FAILED", message: name }]);
}

/** A VM left, there is room for the next move, or the host is not leaving any more. */
function canGoOn(now: Snapshot, hostId: string, { stillHere, most }: { stillHere: number; most: number }): boolean {
  const { moving, waiting } = movesOf(now, hostId);
  const left = hostVms(now, hostId).length < stillHere;
  return left || (waiting.length > 0 && moving.length < most) || !isLeaving(now.get("Host", hostId));
}

/** How the host answers when it is asked anything; null = it serves. */
async function lookForHost({ job, call }: LookContext<EvacuationInput>): Promise<{ failure: HostCallErrorCode | null }> {
  try {
    await call(job.subjectId, "host.vms", {});
    return { failure: null };
  } catch (error) {
    if (!(error instanceof HostCallError)) throw error;
    return { failure: error.code };
  }
}

/** VMs are moved by the verb itself, each by a child of this job. */
export const deactivateHostJob: JobDefinition<EvacuationInput, { failure: HostCallErrorCode | null }> = {
  name: "deactivateHost",
  steps: [
    { name: "evacuate", description: "Moving its VMs away", cancellable: true, run: evacuate },
    {
      name: "enter",
      description: "Entering maintenance",
      run: ({ job }) =>
        Promise.resolve((tx) => {
          const host = tx.get("Host", job.subjectId);
          if (host?.status === "MAINTENANCE") return;
          requireLeaving(host);
          if (hostVms(tx.snapshot, job.subjectId).length > 0)
            throw new OvertError("NOT_ALLOWED_IN_STATE", "A VM has come to the host.", [{ code: "VM_ARRIVED", message: "A VM has come." }]);
          if (host) enterMaintenance(tx, host);
        }),
    },
  ],
  look: lookForHost,
  ended: (tx, job, outcome, seen) => {
    const host = tx.get("Host", job.subjectId);
    // Whoever activated it has said so; one that died has not.
    const died = host?.status === "NON_RESPONSIVE";
    if (!host || outcome === "FINISHED" || isSuperseded(tx.snapshot, job) || !(died || isLeaving(host))) return;
    hostEvent(tx, "VDS_MAINTENANCE_FAILED", host, `Host ${host.name} could not enter maintenance.`);
    const cleared = tx.update("Host", host, { maintenanceReason: null });
    if (!died) returnToService(tx, cleared, job.input, seen?.failure);
  },
};

/** `failure`: undefined when the host was not asked. */
function returnToService(
  tx: Transaction,
  host: RowOf<"Host">,
  { before, detail }: EvacuationInput,
  failure?: HostCallErrorCode | null,
): void {
  if (failure === "LIBVIRT_UNAVAILABLE") return void setHostStatus(tx, host, "NON_OPERATIONAL", failure);
  if (failure === null) return void settle(tx, host);
  if (failure !== undefined) return void setHostStatus(tx, host, "CONNECTING", "NO_LINK");
  setHostStatus(tx, host, before ?? "CONNECTING", detail ?? null);
}
