import { OvertError, type Reason } from "../../errors.ts";
import type { Vm, VmStatus } from "./vm.ts";

/**
 * In which states a verb is allowed, from oVirt's matrix of refused actions. oVirt tells MIGRATING at the source from
 * MIGRATING at the destination; what it refuses in either is refused here. A verb may refuse more, for other reasons.
 */
const ALLOWED = {
  /** Starts, restores from memory, or lets a paused VM go on. */
  start: ["DOWN", "SUSPENDED", "PAUSED"],
  shutdown: ["UP", "POWERING_UP", "PAUSED", "MIGRATING", "NOT_RESPONDING", "WAIT_FOR_LAUNCH", "REBOOT_IN_PROGRESS", "POWERING_DOWN"],
  stop: ["UP", "POWERING_UP", "PAUSED", "MIGRATING", "NOT_RESPONDING", "WAIT_FOR_LAUNCH", "REBOOT_IN_PROGRESS", "POWERING_DOWN"],
  /** oVirt does it on `stop` and `shutdown`, unasked: here a loss is a verb of its own. */
  discardMemory: ["SUSPENDED"],
  reboot: ["UP", "POWERING_UP"],
  suspend: ["UP"],
  migrate: ["UP", "POWERING_UP", "PAUSED", "REBOOT_IN_PROGRESS"],
  cancelMigration: ["MIGRATING"],
  update: [
    "UNASSIGNED",
    "DOWN",
    "UP",
    "POWERING_UP",
    "PAUSED",
    "MIGRATING",
    "UNKNOWN",
    "NOT_RESPONDING",
    "WAIT_FOR_LAUNCH",
    "REBOOT_IN_PROGRESS",
    "SAVING_STATE",
    "RESTORING_STATE",
    "SUSPENDED",
    "IMAGE_LOCKED",
    "POWERING_DOWN",
  ],
  remove: ["DOWN"],
  addNic: ["DOWN", "UP"],
  updateNic: ["DOWN", "UP"],
  removeNic: ["DOWN", "UP"],
  attachDisk: ["DOWN", "UP", "PAUSED"],
  detachDisk: ["DOWN", "UP", "PAUSED"],
} as const satisfies Record<string, readonly VmStatus[]>;

/** What can be asked of a VM. */
export type VmVerb = keyof typeof ALLOWED;
export const VM_VERBS = Object.keys(ALLOWED) as VmVerb[];

const PHRASES: Record<VmStatus, string> = {
  UNASSIGNED: "has no state yet",
  DOWN: "is down",
  UP: "is up",
  POWERING_UP: "is powering up",
  PAUSED: "is paused",
  MIGRATING: "is migrating",
  UNKNOWN: "is in an unknown state, because its host does not answer",
  NOT_RESPONDING: "does not respond",
  WAIT_FOR_LAUNCH: "is being started",
  REBOOT_IN_PROGRESS: "is rebooting",
  SAVING_STATE: "is being suspended",
  RESTORING_STATE: "is being restored from memory",
  SUSPENDED: "is suspended",
  IMAGE_LOCKED: "is locked by a job",
  POWERING_DOWN: "is powering down",
};
const WORDS: Record<VmVerb, string> = {
  start: "started",
  shutdown: "shut down",
  stop: "stopped",
  discardMemory: "relieved of its memory image",
  reboot: "rebooted",
  suspend: "suspended",
  migrate: "migrated",
  cancelMigration: "kept from migrating",
  update: "updated",
  remove: "removed",
  addNic: "given a NIC",
  updateNic: "given another NIC configuration",
  removeNic: "relieved of a NIC",
  attachDisk: "given a disk",
  detachDisk: "relieved of a disk",
};

export const vmVerbAllowed = (status: VmStatus, verb: VmVerb): boolean => (ALLOWED[verb] as readonly VmStatus[]).includes(status);

type VmState = Pick<Vm, "name" | "status"> & Partial<Pick<Vm, "statusDetail">>;
/** `statusDetail` of a VM whose guest suspended itself to memory. */
export const SLEEPING_DETAIL = "SLEEPING";
/** libvirt asks nothing of a guest that sleeps, and a move wakes it and then never ends. */
const NOT_ASLEEP: readonly VmVerb[] = ["shutdown", "migrate"];

/** Why the VM's state forbids the verb (code `VM_STATUS_<status>`, or VM_SLEEPS), or null when it does not. */
export function vmStateRefusal(vm: VmState, verb: VmVerb): Reason | null {
  const sleeps = vm.status === "PAUSED" && vm.statusDetail === SLEEPING_DETAIL;
  if (sleeps && NOT_ASLEEP.includes(verb))
    return { code: "VM_SLEEPS", message: `VM ${vm.name} sleeps, so it cannot be ${WORDS[verb]}. startVm wakes it.` };
  if (vmVerbAllowed(vm.status, verb)) return null;
  const instead = vm.status === "SUSPENDED" && (verb === "stop" || verb === "shutdown") ? " discardVmMemory throws its memory away." : "";
  return { code: `VM_STATUS_${vm.status}`, message: `VM ${vm.name} ${PHRASES[vm.status]}, so it cannot be ${WORDS[verb]}.${instead}` };
}

/** Throws NOT_ALLOWED_IN_STATE with the refusal as its reason. */
export function requireVmState(vm: VmState, verb: VmVerb): void {
  const refusal = vmStateRefusal(vm, verb);
  if (refusal) throw new OvertError("NOT_ALLOWED_IN_STATE", refusal.message, [refusal]);
}

const oneOf =
  (...states: readonly VmStatus[]) =>
  (status: VmStatus): boolean =>
    states.includes(status);

const isRunning = oneOf("UP", "POWERING_DOWN", "POWERING_UP", "MIGRATING", "WAIT_FOR_LAUNCH", "REBOOT_IN_PROGRESS");
const isHalted = oneOf("PAUSED", "RESTORING_STATE", "SAVING_STATE");
/** There is a domain of it on a host that answers, or is about to be. */
export const isRunningOrPaused = (status: VmStatus): boolean => isRunning(status) || isHalted(status);
/** A job is about to make a domain of it. */
export const isLaunching = oneOf("WAIT_FOR_LAUNCH", "RESTORING_STATE");
export const isMigratable = oneOf("UP", "POWERING_UP", "PAUSED", "REBOOT_IN_PROGRESS");
