import type { GuestReport, HostEvent, VmReport } from "../../../schema/hostlink.ts";
import type { Transaction } from "../../db/unitOfWork.ts";
import type { RowOf } from "../kinds.ts";
import type { AuditLogName } from "../event/codes.ts";
import { isLaunching, SLEEPING_DETAIL } from "./states.ts";
import { hostName, setVmDown, setVmStatus, setVmSuspended, vmEvent } from "./status.ts";
import type { VmStatus } from "./vm.ts";

/** What hosts tell about VMs, taken into the record. Pure decisions on a transaction; each is safe to repeat. */

type VmRow = RowOf<"Vm">;
type PauseReason = NonNullable<VmReport["pauseReason"]>;
type GoneReason = Extract<HostEvent, { type: "vm.gone" }>["reason"];

/** A guest without an agent counts as up this long after its start. */
export const BOOT_PATIENCE_MS = 60_000;
/** A job is working on these: their end is the job's to tell. */
const IN_A_JOB: readonly VmStatus[] = ["WAIT_FOR_LAUNCH", "RESTORING_STATE", "MIGRATING", "SAVING_STATE"];
export const isInAJob = (status: VmStatus): boolean => IN_A_JOB.includes(status);
/** `statusDetail` of a VM that is being launched, when its host tells of an end. */
export const ENDED_DETAIL = "ENDED";
/** `statusDetail` and event of a VM that did not pause by itself or by anybody's wish. */
const PAUSES: { readonly [R in PauseReason]?: { detail: string; event: AuditLogName; words: string } } = {
  IO_ERROR: { detail: "EIO", event: "VM_PAUSED_EIO", words: "was paused because of a storage error (EIO)" },
  NO_SPACE: { detail: "ENOSPC", event: "VM_PAUSED_ENOSPC", words: "was paused because of a storage error (ENOSPC)" },
  SLEEPING: { detail: SLEEPING_DETAIL, event: "VM_PAUSED", words: "sleeps: its guest suspended itself to memory" },
};
const PAUSED = { detail: null, event: "VM_PAUSED", words: "was paused" } as const;

/** The state that follows from what was known and what is seen now. */
function statusFrom(known: VmStatus, report: VmReport, now: Date): VmStatus {
  if (report.state === "PAUSED") {
    const byJob = report.pauseReason === "MIGRATION" || report.pauseReason === "SAVING" || report.pauseReason === "STARTING";
    return byJob ? known : "PAUSED";
  }
  if (report.state === "SHUTTING_DOWN") return "POWERING_DOWN";
  if (known === "POWERING_DOWN" || known === "MIGRATING" || known === "SAVING_STATE") return known;
  if (known === "UP" || known === "PAUSED" || known === "RESTORING_STATE" || known === "SUSPENDED") return "UP";
  const booted = report.guestAgent || (report.startedAt !== null && now.getTime() - report.startedAt > BOOT_PATIENCE_MS);
  if (known === "REBOOT_IN_PROGRESS") return known;
  return booted ? "UP" : "POWERING_UP";
}

/** At one end of a migration, and not the VM that goes on. */
export const isPassing = ({ incoming, pauseReason }: VmReport): boolean => incoming || pauseReason === "MIGRATION";
export const runsNowhere = ({ hostId, status }: VmRow): boolean => hostId === null && (status === "DOWN" || status === "SUSPENDED");

/**
 * A running domain was seen on a host. It is taken for what it is on the host where the record has the VM, on the one to which it
 * migrates, and, when it runs nowhere, on any of its cluster. Otherwise false: it is that host's claim, and moves nothing.
 */
export function observeVm(tx: Transaction, hostId: string, report: VmReport): boolean {
  const vm = tx.get("Vm", report.vmId);
  if (!vm) return false;
  const found = runsNowhere(vm) && tx.get("Host", hostId)?.clusterId === vm.clusterId;
  // The end of a move that nobody saw is known now.
  const settled = vm.status === "UNKNOWN" ? () => tx.update("Vm", vm, { migratingToId: null }) : () => vm;
  if (vm.hostId === hostId && !report.incoming) seen(tx, settled(), report);
  else if (isPassing(report)) return true;
  else if (vm.migratingToId === hostId || found) arrived(tx, vm, hostId, report);
  else return false;
  return true;
}

/** The VM runs on this host now, wherever it was before: started, restored, migrated, or found. */
export function arrived(tx: Transaction, vm: VmRow, hostId: string, report: VmReport): void {
  const found = vm.status === "DOWN" || vm.status === "SUSPENDED";
  const known: VmStatus = vm.status === "MIGRATING" ? "UP" : vm.status;
  const running = tx.update("Vm", vm, { hostId, migratingToId: null, ...(found ? { startTime: startOf(report, tx.now) } : {}) });
  seen(tx, running, report, known);
}

const startOf = ({ startedAt }: VmReport, now: Date) => (startedAt === null ? now : new Date(startedAt));

function seen(tx: Transaction, vm: VmRow, report: VmReport, known: VmStatus = vm.status): void {
  const status = statusFrom(known, report, tx.now);
  const { address, port } = report.display ?? { address: null, port: null };
  const after = setVmStatus(tx, vm, status, { displayAddress: address, displayPort: port });
  if (status === "PAUSED") return paused(tx, vm, after, report.pauseReason);
  if (vm.status === "PAUSED" && status === "UP") vmEvent(tx, "VM_RECOVERED_FROM_PAUSE_ERROR", after, `VM ${vm.name} runs again.`);
  if (vm.status === "UNKNOWN") vmEvent(tx, "VM_STATUS_RESTORED", after, `VM ${vm.name} is seen again, ${status}.`);
}

function paused(tx: Transaction, before: VmRow, after: VmRow, reason: VmReport["pauseReason"]): void {
  const { detail, event, words } = (reason && PAUSES[reason]) ?? PAUSED;
  if (before.status === "PAUSED" && before.statusDetail === detail) return;
  tx.update("Vm", after, { statusDetail: detail });
  vmEvent(tx, event, after, `VM ${after.name} ${words}.`);
}

/** A domain ended on a host. */
export function observeGone(tx: Transaction, hostId: string, vmId: string, reason: GoneReason): void {
  const vm = tx.get("Vm", vmId);
  if (!vm || vm.hostId !== hostId || reason === "MIGRATED") return;
  if (reason === "SAVED" && vm.memoryPath !== null) return void setVmSuspended(tx, vm);
  // Of this launch, or of the VM's life before it: the job finds out.
  if (isLaunching(vm.status)) return void tx.update("Vm", vm, { statusDetail: ENDED_DETAIL });
  const failed = reason === "CRASHED" || reason === "FAILED";
  const words = failed ? `VM ${vm.name} is down with an error: its process ended (${reason}).` : `VM ${vm.name} is down.`;
  vmEvent(tx, failed ? "VM_DOWN_ERROR" : "VM_DOWN", vm, words);
  setVmDown(tx, forgetMemory(tx, vm), failed ? reason : null);
}

/** A file that a save has not finished is not a memory image. */
const forgetMemory = (tx: Transaction, vm: VmRow) => tx.update("Vm", vm, { memoryPath: null, memoryDomainId: null });

/** The guest restarted inside its domain. */
export function observeReboot(tx: Transaction, hostId: string, vmId: string): void {
  const vm = tx.get("Vm", vmId);
  if (vm?.hostId === hostId && (vm.status === "UP" || vm.status === "REBOOT_IN_PROGRESS")) setVmStatus(tx, vm, "POWERING_UP");
}

export function observeGuest(tx: Transaction, hostId: string, vmId: string, guest: GuestReport): void {
  const vm = tx.get("Vm", vmId);
  if (!vm || vm.hostId !== hostId) return;
  tx.update("Vm", vm, {
    fqdn: guest.hostname,
    guestOperatingSystem: guest.os,
    guestTimeZone: guest.timeZone,
    applicationNames: guest.applications,
    reportedDevices: guest.nics.map(({ name, mac, addresses }) => ({
      name,
      mac: { address: mac },
      ips: addresses.map(({ address, version }) => ({ address, version })),
    })),
  });
}

/** All that runs on a host: VMs we believed there and that are not, are down. Answers what it claims beside the record. */
export function observeTruth(tx: Transaction, hostId: string, reports: readonly VmReport[]): VmReport[] {
  const claims = reports.filter((report) => !observeVm(tx, hostId, report));
  observeAbsent(tx, hostId, reports);
  return claims;
}

export function observeAbsent(tx: Transaction, hostId: string, reports: readonly VmReport[]): void {
  const present = new Set(reports.map((report) => report.vmId));
  for (const { id } of tx.snapshot.by("Vm", "hostId", hostId)) {
    const vm = tx.get("Vm", id);
    if (!vm || vm.hostId !== hostId || present.has(id) || isInAJob(vm.status)) continue;
    if (vm.migratingToId !== null) {
      // A move whose end nobody saw: not here, so there if anywhere.
      tx.update("Vm", vm, { hostId: vm.migratingToId, migratingToId: null });
      continue;
    }
    vmEvent(tx, "VM_DOWN_ERROR", vm, `VM ${vm.name} is not running on host ${hostName(tx, hostId)} any more.`);
    // It was being saved, or brought back, when its host fell silent: whether its memory is whole shows when it is started.
    if (vm.memoryPath === null) setVmDown(tx, vm, "NOT_FOUND_ON_HOST");
    else setVmSuspended(tx, vm);
  }
}
