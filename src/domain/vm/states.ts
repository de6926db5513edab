import type { Reason } from "../../errors.ts";
import { requireState } from "../noun/states.ts";
import type { Vm, VmStatus } from "./vm.ts";

/** In which states devices come and go, from oVirt's matrix of refused actions. */
const DEVICE_STATES = {
  addNic: { states: ["DOWN", "UP"], done: "given a NIC" },
  updateNic: { states: ["DOWN", "UP"], done: "given another NIC configuration" },
  removeNic: { states: ["DOWN", "UP"], done: "relieved of a NIC" },
  attachDisk: { states: ["DOWN", "UP", "PAUSED"], done: "given a disk" },
  detachDisk: { states: ["DOWN", "UP", "PAUSED"], done: "relieved of a disk" },
} as const satisfies Record<string, { states: readonly VmStatus[]; done: string }>;
export type DeviceVerb = keyof typeof DEVICE_STATES;
export const DEVICE_VERBS = Object.keys(DEVICE_STATES) as DeviceVerb[];

/** Throws NOT_ALLOWED_IN_STATE with the refusal as its reason. */
export const requireStateForDevices = (vm: Vm, verb: DeviceVerb): void => requireState("Vm", vm, DEVICE_STATES[verb]);

/** `statusDetail` of a VM whose guest suspended itself to memory. */
export const SLEEPING_DETAIL = "SLEEPING";
/** libvirt asks nothing of a guest that sleeps, and a move wakes it and then never ends. */
export function asleepRefusal(vm: Pick<Vm, "name" | "status" | "statusDetail">, done: string): Reason | null {
  if (vm.status !== "PAUSED" || vm.statusDetail !== SLEEPING_DETAIL) return null;
  return { code: "VM_SLEEPS", message: `VM ${vm.name} sleeps, so it cannot be ${done}. startVm wakes it.` };
}
type Placed = Pick<Vm, "name" | "placementPolicy">;
/** A VM that stays where it was started. */
export const pinnedRefusal = ({ name, placementPolicy }: Placed): Reason | null =>
  placementPolicy.affinity === "PINNED"
    ? { code: "VM_IS_NON_MIGRATABLE", message: `VM ${name} is pinned to the host where it runs, so it cannot be migrated.` }
    : null;
/** A VM that the engine must not move by itself. */
export const engineMoveRefusal = (vm: Placed): Reason | null =>
  vm.placementPolicy.affinity === "USER_MIGRATABLE"
    ? { code: "VM_IS_PINNED_TO_HOST", message: `VM ${vm.name} is moved by users alone, not by the engine.` }
    : pinnedRefusal(vm);
/** oVirt drops the memory on `stop` and `shutdown`, unasked: here a loss is a verb of its own. */
export const DISCARD_HINT = "discardVmMemory throws its memory away.";

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
export const MIGRATABLE: readonly VmStatus[] = ["UP", "POWERING_UP", "PAUSED", "REBOOT_IN_PROGRESS"];
export const isMigratable = oneOf(...MIGRATABLE);
