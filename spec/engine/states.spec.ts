import { expect, test } from "vitest";
import { OvertError } from "../../src/errors.ts";
import { AUDIT_LOG, auditEvent } from "../../src/domain/event/codes.ts";
import { HostStatus } from "../../src/domain/host/host.ts";
import { HOST_VERBS, hostStateRefusal, hostVerbAllowed, requireHostState, type HostVerb } from "../../src/domain/host/states.ts";
import {
  isMigratable,
  isRunningOrPaused,
  requireVmState,
  VM_VERBS,
  vmStateRefusal,
  vmVerbAllowed,
  type VmVerb,
} from "../../src/domain/vm/states.ts";
import { VmStatus } from "../../src/domain/vm/vm.ts";

/** oVirt's ActionUtils: what is refused in a state, of the actions that are ours too. */
const REFUSED_FOR_VM: Record<string, string> = {
  Unassigned:
    "RunVm ShutdownVm StopVm RebootVm HibernateVm MigrateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  Down: "ShutdownVm StopVm RebootVm HibernateVm MigrateVm CancelMigrateVm",
  Up: "RunVm CancelMigrateVm RemoveVm",
  PoweringUp: "RunVm HibernateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  Paused: "RebootVm HibernateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  MigratingFrom: "RunVm RebootVm HibernateVm MigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  MigratingTo: "",
  Unknown:
    "RunVm ShutdownVm StopVm RebootVm HibernateVm MigrateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  NotResponding: "RunVm RebootVm HibernateVm MigrateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  WaitForLaunch: "RunVm RebootVm HibernateVm MigrateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  RebootInProgress: "RunVm RebootVm HibernateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  SavingState:
    "RunVm ShutdownVm StopVm RebootVm HibernateVm MigrateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  RestoringState:
    "RunVm ShutdownVm StopVm RebootVm HibernateVm MigrateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  // oVirt drops the memory on ShutdownVm and StopVm; here that is a verb of its own.
  Suspended: "ShutdownVm StopVm RebootVm HibernateVm MigrateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  ImageLocked:
    "RunVm ShutdownVm StopVm RebootVm HibernateVm MigrateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
  PoweringDown: "RunVm RebootVm HibernateVm MigrateVm CancelMigrateVm RemoveVm AddVmInterface UpdateVmInterface RemoveVmInterface",
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
const VM_ACTIONS: Partial<Record<VmVerb, string>> = {
  start: "RunVm",
  shutdown: "ShutdownVm",
  stop: "StopVm",
  reboot: "RebootVm",
  suspend: "HibernateVm",
  migrate: "MigrateVm",
  cancelMigration: "CancelMigrateVm",
  remove: "RemoveVm",
  addNic: "AddVmInterface",
  updateNic: "UpdateVmInterface",
  removeNic: "RemoveVmInterface",
};
const HOST_ACTIONS: Partial<Record<HostVerb, string>> = { activate: "ActivateVds", deactivate: "MaintenanceVds", remove: "RemoveVds" };

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
  for (const [verb, action] of Object.entries(VM_ACTIONS) as [VmVerb, string][])
    expect([verb, vmVerbAllowed(status, verb)]).toEqual([verb, !refusedForVm(status).includes(action)]);
});

test("Memory is thrown away of a suspended VM only", () => {
  expect(statesWhere((status) => vmVerbAllowed(status, "discardMemory"))).toEqual(["SUSPENDED"]);
});

test("A VM can be updated in every state, and its disks changed where oVirt's hot-plug works", () => {
  const states = Object.keys(VmStatus) as VmStatus[];
  expect(states.filter((status) => vmVerbAllowed(status, "update"))).toEqual(states);
  for (const verb of ["attachDisk", "detachDisk"] as const)
    expect(states.filter((status) => vmVerbAllowed(status, verb))).toEqual(["DOWN", "UP", "PAUSED"]);
});

test.for(Object.keys(HostStatus) as HostStatus[])("A host that is %s refuses what oVirt refuses", (status) => {
  for (const [verb, action] of Object.entries(HOST_ACTIONS) as [HostVerb, string][]) {
    const neverEnrolled = status === "INSTALLING" && verb === "remove";
    expect([verb, hostVerbAllowed(status, verb)]).toEqual([
      verb,
      neverEnrolled || !REFUSED_FOR_HOST[pascal(status)]!.split(" ").includes(action),
    ]);
  }
});

test("A refusal names the state in code and words, and is what is thrown", () => {
  const vm = { name: "web1", status: "MIGRATING" } as const;
  const reason = { code: "VM_STATUS_MIGRATING", message: "VM web1 is migrating, so it cannot be suspended." };
  expect(vmStateRefusal(vm, "suspend")).toEqual(reason);
  expect(() => requireVmState(vm, "suspend")).toThrow(new OvertError("NOT_ALLOWED_IN_STATE", reason.message, [reason]));
  expect(() => requireVmState(vm, "cancelMigration")).not.toThrow();
  const message = "VM web1 is suspended, so it cannot be stopped. discardVmMemory throws its memory away.";
  expect(vmStateRefusal({ name: "web1", status: "SUSPENDED" }, "stop")).toEqual({ code: "VM_STATUS_SUSPENDED", message });

  const host = { name: "h1", status: "UP" } as const;
  const busy = { code: "HOST_STATUS_UP", message: "Host h1 is up, so it cannot be removed." };
  expect(hostStateRefusal(host, "remove")).toEqual(busy);
  expect(() => requireHostState(host, "remove")).toThrow(new OvertError("NOT_ALLOWED_IN_STATE", busy.message, [busy]));
  expect(() => requireHostState(host, "deactivate")).not.toThrow();
});

test("Every verb has words for every state that refuses it", () => {
  for (const status of Object.keys(VmStatus) as VmStatus[])
    for (const verb of VM_VERBS) expect(vmStateRefusal({ name: "x", status }, verb)?.message ?? "").not.toMatch(/undefined/u);
  for (const status of Object.keys(HostStatus) as HostStatus[])
    for (const verb of HOST_VERBS) expect(hostStateRefusal({ name: "x", status }, verb)?.message ?? "").not.toMatch(/undefined/u);
});

test("The predicates hold where oVirt's do", () => {
  expect(statesWhere(isRunningOrPaused)).toEqual([
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
  expect(statesWhere(isMigratable)).toEqual(["PAUSED", "POWERING_UP", "REBOOT_IN_PROGRESS", "UP"]);
});

test("An audit event has oVirt's number and severity, and fits its column", () => {
  expect(auditEvent("USER_RUN_VM", "VM web1 started on host h1.", { vmId: "v", hostId: "h" })).toEqual({
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
  expect(Object.keys(AUDIT_LOG).filter((name) => name.length > 80)).toEqual([]);
});
