import type { VmReport } from "../../../schema/hostlink.ts";
import type { Transaction } from "../../db/unitOfWork.ts";
import { HostCallError } from "../host/ports.ts";
import type { LookContext } from "../job/definition.ts";
import { runningJobs } from "../job/running.ts";
import type { RowOf } from "../kinds.ts";
import { arrived } from "./observe.ts";
import { hostName, setVmDown, setVmStatus, vmEvent } from "./status.ts";
import type { VmStatus } from "./vm.ts";

/** The one way in which a job that did not finish leaves its VM: as the hosts say it is, and where they are silent as it was. */

type VmRow = RowOf<"Vm">;

/** By host, for those that answered; null where the VM is not. */
export type Sightings = ReadonlyMap<string, VmReport | null>;
/** What a job keeps for its end. Absent in jobs of earlier versions. */
export interface WithBefore {
  before?: VmStatus;
}

/** The `look` of a VM's job: asks every host where the VM may be. */
export async function lookForVm({ job, snapshot, call }: LookContext<object>): Promise<Sightings> {
  const vm = snapshot().get("Vm", job.subjectId);
  const input = job.input as { hostId?: string; hostIds?: string[]; fromId?: string; toId?: string };
  const named = [vm?.hostId, vm?.migratingToId, input.hostId, input.fromId, input.toId, ...(input.hostIds ?? [])];
  const hostIds = new Set(named.filter((id): id is string => Boolean(id)));
  const sightings = new Map<string, VmReport | null>();
  const ask = async (hostId: string) => {
    const { vms } = await call(hostId, "host.vms", {});
    const report = vms.find(({ vmId }) => vmId === job.subjectId) ?? null;
    // One that is still coming in tells nothing of how it will end.
    if (!report?.incoming) sightings.set(hostId, report);
  };
  const silent = (error: unknown) => {
    if (!(error instanceof HostCallError)) throw error;
  };
  await Promise.all([...hostIds].map((hostId) => ask(hostId).catch(silent)));
  return sightings;
}

/** The state a VM was in before the job that works on it now, if one does: what it goes back to when a verb on it fails. */
export function stateBefore(tx: Transaction, vm: VmRow): VmStatus {
  const kept = runningJobs(tx, vm.id).map(({ input }) => (input as WithBefore).before);
  return isResting(vm.status) ? vm.status : (kept.find((before) => before !== undefined) ?? vm.status);
}

const RESTING: readonly VmStatus[] = ["UP", "POWERING_UP", "PAUSED", "REBOOT_IN_PROGRESS", "NOT_RESPONDING"];
/** No job has to end for it to be left. */
const isResting = (status: VmStatus | undefined): status is VmStatus => status !== undefined && RESTING.includes(status);

/** What is known of a VM that a host reports: a state that belonged to a job says no more than that it ran. */
function knownOf(before: VmStatus | undefined): VmStatus {
  if (isResting(before) || before === "UNKNOWN") return before;
  return before === "WAIT_FOR_LAUNCH" ? "POWERING_UP" : "UP";
}

/** Where a host that answered has the VM. */
export const placeOf = (seen: Sightings | null, hostIds: Iterable<string>): string | undefined =>
  [...hostIds].find((hostId) => seen?.get(hostId));

/**
 * Settles a VM that a job leaves: a host reports it = the state that follows from the report and from `before`; all answered
 * and none has it = DOWN; else `before` when its host serves, UNKNOWN when not. Answers the row.
 */
export function settleVm(tx: Transaction, vm: VmRow, { before, seen }: { before: VmStatus | undefined; seen: Sightings | null }): VmRow {
  const hostIds = [vm.hostId, vm.migratingToId].filter((id) => id !== null);
  const at = placeOf(seen, hostIds);
  if (at !== undefined) return settleAt(tx, vm, { hostId: at, report: seen!.get(at)!, before });
  const silent = hostIds.filter((hostId) => !seen?.has(hostId));
  if (silent.length === 0) return endedUnseen(tx, vm);
  const [hostId = null, elsewhere = null] = silent;
  if (hostId === vm.hostId && serves(tx, hostId) && isResting(before)) return setVmStatus(tx, vm, before, { migratingToId: null });
  // Where both ends of a move are silent it may be at either: nobody may take it for down on the word of one.
  const unknown = setVmStatus(tx, vm, "UNKNOWN", { hostId, migratingToId: elsewhere });
  if (vm.status !== "UNKNOWN")
    vmEvent(tx, "VM_SET_TO_UNKNOWN_STATUS", unknown, `VM ${vm.name} was set to unknown: ${hostName(tx, hostId)} does not tell of it.`);
  return unknown;
}

/** Takes a report over for a VM that a job leaves, or brings to its host. */
export function settleAt(
  tx: Transaction,
  vm: VmRow,
  { hostId, report, before }: { hostId: string; report: VmReport; before: VmStatus | undefined },
): VmRow {
  arrived(tx, setVmStatus(tx, vm, knownOf(before)), hostId, report);
  return tx.need("Vm", vm.id);
}

/** No host has it any more, and nobody told. */
export function endedUnseen(tx: Transaction, vm: VmRow): VmRow {
  vmEvent(tx, "VM_DOWN_ERROR", vm, `VM ${vm.name} is not running on host ${hostName(tx, vm.hostId)} any more.`);
  return setVmDown(tx, vm, "NOT_FOUND_ON_HOST");
}

const serves = (tx: Transaction, hostId: string | null): boolean => {
  const status = tx.get("Host", hostId)?.status;
  return status === "UP" || status === "PREPARING_FOR_MAINTENANCE";
};
