import { expect, test } from "vitest";
import { AUDIT_LOG, auditEvent } from "../../src/domain/event/codes.ts";
import { SYSTEM } from "../../src/domain/access/caller.ts";
import { HostStatus } from "../../src/domain/host/host.ts";
import { snapshotOf } from "../../src/domain/inventory/snapshot.ts";
import { NOUNS } from "../../src/domain/noun/all.ts";
import { DEVICE_VERBS, isMigratable, isRunningOrPaused, requireStateForDevices, type DeviceVerb } from "../../src/domain/vm/states.ts";
import { declarationOf } from "../../src/domain/noun/declaration.ts";
import { defaultsOf } from "../../src/domain/noun/rows.ts";
import { VmStatus, type Vm } from "../../src/domain/vm/vm.ts";

const EMPTY = snapshotOf(0, {});
const verbsOn = (kind: string) => NOUNS.find((noun) => noun.kind === kind)!.verbs.filter(({ can }) => can !== null);
/** Why a verb is refused on an object in this state; undefined when it is not. */
const refusalOf = (kind: string, status: string, can: string) =>
  verbsOn(kind)
    .find((verb) => verb.can === can)!
    .refusals(
      { ...defaultsOf(declarationOf(kind), { now: new Date() }), id: "1", name: kind === "Vm" ? "web1" : "h1", status },
      EMPTY,
      SYSTEM,
    )[0];
const isDeviceVerb = (verb: string): verb is DeviceVerb => (DEVICE_VERBS as string[]).includes(verb);
function isAllowedForVm(status: VmStatus, verb: string): boolean {
  if (!isDeviceVerb(verb)) return refusalOf("Vm", status, verb) === undefined;
  try {
    requireStateForDevices({ name: "web1", status } as Vm, verb);
    return true;
  } catch {
    return false;
  }
}

/** oVirt's ActionUtils: what is refused in a state, of the actions that are ours too. */
const REFUSED_FOR_VM: Record<string, string> = {
  Unassigned:
    "RunVm ShutdownVm StopVm RebootVm ResetVm HibernateVm MigrateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  Down: "ShutdownVm StopVm RebootVm ResetVm HibernateVm MigrateVm CancelMigrateVm",
  Up: "RunVm CancelMigrateVm RemoveVm",
  PoweringUp: "RunVm HibernateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  Paused: "RebootVm ResetVm HibernateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  MigratingFrom: "RunVm RebootVm ResetVm HibernateVm MigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  MigratingTo: "",
  Unknown:
    "RunVm ShutdownVm StopVm RebootVm ResetVm HibernateVm MigrateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  NotResponding: "RunVm RebootVm ResetVm HibernateVm MigrateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  WaitForLaunch: "RunVm RebootVm ResetVm HibernateVm MigrateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  RebootInProgress: "RunVm RebootVm HibernateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  SavingState:
    "RunVm ShutdownVm StopVm RebootVm ResetVm HibernateVm MigrateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  RestoringState:
    "RunVm ShutdownVm StopVm RebootVm ResetVm HibernateVm MigrateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  // oVirt drops the memory on ShutdownVm and StopVm; here that is a verb of its own. There is no machine to be reset.
  Suspended:
    "ShutdownVm StopVm RebootVm ResetVm HibernateVm MigrateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  ImageLocked:
    "RunVm ShutdownVm StopVm RebootVm ResetVm HibernateVm MigrateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  PoweringDown: "RunVm RebootVm ResetVm HibernateVm MigrateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
};
const REFUSED_FOR_HOST: Record<string, string> = {
  Installing: "ActivateVds MaintenanceVds RemoveVds",
  InstallFailed: "",
  Initializing: "ActivateVds MaintenanceVds RemoveVds",
  Up: "ActivateVds RemoveVds",
  Connecting: "ActivateVds MaintenanceVds RemoveVds",
  NonResponsive: "ActivateVds RemoveVds",
  NonOperational: "RemoveVds",
  PreparingForMaintenance: "MaintenanceVds RemoveVds",
  Maintenance: "MaintenanceVds",
  Unassigned: "ActivateVds MaintenanceVds RemoveVds",
};
const VM_ACTIONS: Record<string, string> = {
  start: "RunVm",
  shutdown: "ShutdownVm",
  stop: "StopVm",
  reboot: "RebootVm",
  reset: "ResetVm",
  suspend: "HibernateVm",
  migrate: "MigrateVm",
  cancelMigration: "CancelMigrateVm",
  remove: "RemoveVm",
  addNic: "AddVmInterface",
  updateNic: "UpdateVmInterface",
  removeNic: "RemoveVmInterface",
};
/** Whose states are ours, each with a spec of its own. */
const OURS = ["discardMemory"];
const HOST_ACTIONS: Record<string, string> = { activate: "ActivateVds", deactivate: "MaintenanceVds", remove: "RemoveVds" };

const statesWhere = (predicate: (status: VmStatus) => boolean) => (Object.keys(VmStatus) as VmStatus[]).filter(predicate).sort();
const pascal = (status: string) =>
  status
    .toLowerCase()
    .split("_")
    .map((word) => `${word[0]!.toUpperCase()}${word.slice(1)}`)
    .join("");
const refusedForVm = (status: VmStatus) =>
  (status === "MIGRATING" ? [REFUSED_FOR_VM.MigratingFrom!, REFUSED_FOR_VM.MigratingTo!] : [REFUSED_FOR_VM[pascal(status)]!])
    .join(" ")
    .split(" ");

test.for(Object.keys(VmStatus) as VmStatus[])("A VM that is %s refuses what oVirt refuses", (status) => {
  for (const [verb, action] of Object.entries(VM_ACTIONS))
    expect([verb, isAllowedForVm(status, verb)]).toEqual([verb, !refusedForVm(status).includes(action)]);
});

test("Every verb that looks at the state of a VM or a host is held against oVirt's, or is ours", () => {
  for (const [kind, actions] of [
    ["Vm", VM_ACTIONS],
    ["Host", HOST_ACTIONS],
  ] as const) {
    const looking = verbsOn(kind).flatMap(({ can, states }) => (states ? can! : []));
    expect(looking.filter((can) => !(can in actions) && !OURS.includes(can))).toEqual([]);
  }
});

test("Memory is thrown away of a suspended VM only", () => {
  expect(statesWhere((status) => isAllowedForVm(status, "discardMemory"))).toEqual(["SUSPENDED"]);
});

test("A VM can be updated in every state, and its disks changed where oVirt's hot-plug works", () => {
  const states = Object.keys(VmStatus) as VmStatus[];
  expect(states.filter((status) => isAllowedForVm(status, "update"))).toEqual(states);
  for (const verb of ["attachDisk", "detachDisk"] as const)
    expect(states.filter((status) => isAllowedForVm(status, verb))).toEqual(["DOWN", "UP", "PAUSED"]);
});

test.for(Object.keys(HostStatus) as HostStatus[])("A host that is %s refuses what oVirt refuses", (status) => {
  for (const [verb, action] of Object.entries(HOST_ACTIONS)) {
    const neverEnrolled = status === "INSTALLING" && verb === "remove";
    expect([verb, refusalOf("Host", status, verb) === undefined]).toEqual([
      verb,
      neverEnrolled || !REFUSED_FOR_HOST[pascal(status)]!.split(" ").includes(action),
    ]);
  }
});

test("A refusal names the state in code and words, and says what to do instead", () => {
  expect(refusalOf("Vm", "MIGRATING", "suspend")).toMatchObject({
    code: "VM_STATUS_MIGRATING",
    message: "VM web1 is migrating, so it cannot be suspended.",
  });
  expect(refusalOf("Vm", "MIGRATING", "cancelMigration")).toBeUndefined();
  expect(refusalOf("Vm", "SUSPENDED", "stop")).toMatchObject({
    code: "VM_STATUS_SUSPENDED",
    message: "VM web1 is suspended, so it cannot be stopped. discardVmMemory throws its memory away.",
  });
  expect(refusalOf("Host", "UP", "remove")).toMatchObject({ code: "HOST_STATUS_UP", message: "Host h1 is up, so it cannot be removed." });
  expect(refusalOf("Host", "UP", "deactivate")).toBeUndefined();
});

test("Every verb has words for every state that refuses it", () => {
  for (const noun of NOUNS) {
    const states = noun.columns.find(({ name }) => name === "status")?.type() as object | undefined;
    for (const status of Object.keys(states ?? {}))
      for (const { can, name } of verbsOn(noun.kind)) {
        const { message = "" } = refusalOf(noun.kind, status, can!) ?? {};
        expect([name, message]).not.toMatchObject([name, expect.stringMatching(/undefined|is [A-Z_]+,|be changed/u)]);
      }
  }
});

test("The predicates hold where oVirt's do", () => {
  expect(statesWhere(isRunningOrPaused)).toMatchObject([
    "MIGRATING",
    "PAUSED",
    "POWERING_DOWN",
    "POWERING_UP",
    "REBOOT_IN_PROGRESS",
    "RESTORING_STATE",
    "SAVING_STATE",
    "UP",
    "WAIT_FOR_LAUNCH",
  ]);
  expect(statesWhere(isMigratable)).toMatchObject(["PAUSED", "POWERING_UP", "REBOOT_IN_PROGRESS", "UP"]);
});

test("An audit event has oVirt's number and severity, and fits its column", () => {
  expect(auditEvent("USER_RUN_VM", "VM web1 started on host h1.", { vmId: "v", hostId: "h" })).toMatchObject({
    code: 32,
    name: "USER_RUN_VM",
    severity: "NORMAL",
    description: "VM web1 started on host h1.",
    vmId: "v",
    hostId: "h",
  });
  expect(auditEvent("VM_DOWN_ERROR", "x".repeat(2_000))).toMatchObject({
    code: 119,
    severity: "ERROR",
    description: `${"x".repeat(1_023)}…`,
  });
});

test("No two audit events share a number, and every name fits its column", () => {
  const codes = Object.values(AUDIT_LOG).map((event) => event.code);
  expect(new Set(codes).size).toBe(codes.length);
  expect(Object.keys(AUDIT_LOG).filter((name) => name.length > 80)).toMatchObject([]);
});
