import { describe, expect, test } from "vitest";
import { until } from "../../lab/graphql.ts";
import { SYSTEM } from "../../src/domain/access/caller.ts";
import { migrateVm as moveVm } from "../../src/domain/vm/migrate.ts";
import { startVm } from "../../src/domain/vm/start.ts";
import { startWholeEngine } from "../support/wholeEngine.ts";

const PLAN_START = `mutation ($id: ID!) { startVm(id: $id, mode: PLAN) { vm { id } job { id } plan { changes { kind fields } refusals { hostId code } placement { host { name } score } } } }`;
describe("A VM", () => {
  test("is planned without a change, started, and shut down by its guest", async () => {
    const whole = await startWholeEngine(2);
    const id = await whole.addVm();
    const { startVm: planned } = await whole.client.query<any>(PLAN_START, { id });
    expect(planned).toMatchObject({ vm: null, job: null, plan: { refusals: [] } });
    expect(planned.plan.placement.map(({ host }: any) => host.name).toSorted()).toEqual(["host1", "host2"]);
    expect(planned.plan.changes).toContainEqual({ kind: "Vm", fields: expect.arrayContaining(["status", "hostId"]) });
    const told = new Set(planned.plan.changes.map(({ kind }: any) => kind));
    expect(["Job", "Step", "Session"].filter((kind) => told.has(kind))).toEqual([]);
    expect(JSON.stringify(planned.plan.changes)).not.toMatch(/leaseUntil|fence|runner|statusSince|version|memoryPath|cancelRequested/);
    expect((await whole.vm(id)).status).toBe("DOWN");

    expect(await whole.act("startVm", id)).toMatchObject({ status: "FINISHED" });
    expect((await whole.vmIs(id, "UP")).host).not.toBeNull();
    expect(await whole.act("shutdownVm", id, { reason: "enough" })).toMatchObject({ status: "FINISHED" });
    expect(await whole.vmIs(id, "DOWN")).toMatchObject({ host: null, stopReason: "enough" });
    expect(await whole.events("vm.name = vm1")).toEqual([
      "USER_ADD_VM",
      "USER_STARTED_VM",
      "USER_RUN_VM",
      "USER_INITIATED_SHUTDOWN_VM",
      "VM_DOWN",
    ]);
  });

  test("that no host can take is refused with a reason for each", async () => {
    const whole = await startWholeEngine(2);
    const id = await whole.addVm({ memory: 4 * 1024 ** 4 });
    const refused = await whole.refusal(`mutation ($id: ID!) { startVm(id: $id) { job { id } } }`, { id });
    expect(refused.code).toBe("NO_HOST");
    expect(refused.reasons.map(({ code }) => code)).toEqual(["NOT_ENOUGH_MEMORY", "NOT_ENOUGH_MEMORY"]);
    const planned = (await whole.client.query<any>(PLAN_START, { id })).startVm;
    expect(planned.plan.refusals).toHaveLength(2);
  });

  test("is not started twice, and a verb that its state forbids is refused as `can` says", async () => {
    const whole = await startWholeEngine(1);
    const id = await whole.runningVm();
    expect(await whole.refusal(`mutation ($id: ID!) { startVm(id: $id) { job { id } } }`, { id })).toMatchObject({
      code: "NOT_ALLOWED_IN_STATE",
      reasons: [{ code: "VM_STATUS_UP" }],
    });
    const { vm } = await whole.client.query<any>(
      `query ($id: ID!) { vm(id: $id) { can { start { allowed reasons { code } } stop { allowed } } } }`,
      { id },
    );
    expect(vm.can).toEqual({ start: { allowed: false, reasons: [{ code: "VM_STATUS_UP" }] }, stop: { allowed: true } });
  });

  test("whose start fails on the host is down again, with the reason in its job", async () => {
    const whole = await startWholeEngine(1);
    const id = await whole.addVm();
    whole.hosts.get("host1")!.failNext("vm.start", "LIBVIRT");
    expect(await whole.act("startVm", id)).toMatchObject({ status: "FAILED", reasons: [{ code: "LIBVIRT" }] });
    expect(await whole.vm(id)).toMatchObject({ status: "DOWN", host: null, statusDetail: "LAUNCH_FAILED" });
    expect(await whole.events("vm.name = vm1")).toContain("USER_FAILED_RUN_VM");
  });

  test("that is stopped while it starts does not run afterwards", async () => {
    const whole = await startWholeEngine(1);
    const host = whole.hosts.get("host1")!;
    const id = await whole.addVm();
    const gate = host.holdCalls("vm.start", "before");
    const starting = whole.act("startVm", id);
    await gate.reached();
    const stopping = whole.act("stopVm", id);
    await whole.vmIs(id, "POWERING_DOWN");
    gate.release();
    expect(await stopping).toMatchObject({ status: "FINISHED" });
    expect(await starting).toMatchObject({ status: "ABORTED", reasons: [{ code: "CANCELLED" }] });
    expect(await whole.vmIs(id, "DOWN")).toMatchObject({ host: null });
    expect(host.vms()).toEqual([]);
  });

  test.each([
    ["reboots", "rebootVm", "USER_REBOOT_VM"],
    ["is reset", "resetVm", "USER_RESET_VM"],
  ] as const)("%s and is up again", async (_title, verb, event) => {
    const whole = await startWholeEngine(1);
    const id = await whole.runningVm();
    expect(await whole.act(verb, id)).toMatchObject({ status: "FINISHED" });
    await whole.vmIs(id, "UP");
    expect(await whole.events("vm.name = vm1")).toContain(event);
  });

  test("is suspended to a storage domain and comes back, on any host", async () => {
    const whole = await startWholeEngine(2);
    const domain = await whole.addStorage();
    const id = await whole.runningVm("host1");
    const { startTime } = await whole.vm(id);
    expect(await whole.act("suspendVm", id)).toMatchObject({ status: "FINISHED" });
    expect(await whole.vm(id)).toMatchObject({ status: "SUSPENDED", host: null, memoryDomain: { id: domain } });
    expect(await whole.act("startVm", id, { hostId: whole.hostId("host2") })).toMatchObject({ status: "FINISHED" });
    expect(await whole.vmIs(id, "UP")).toMatchObject({ startTime, host: { name: "host2" }, memoryDomain: null });
  });

  test("that is suspended keeps its memory, whoever asks to stop it, until that is asked for by its name", async () => {
    const whole = await startWholeEngine(1);
    await whole.addStorage();
    const id = await whole.runningVm();
    await whole.act("suspendVm", id);
    for (const verb of ["stopVm", "shutdownVm"]) {
      const refused = await whole.refusal(`mutation ($id: ID!) { ${verb}(id: $id) { job { id } } }`, { id });
      expect(refused).toMatchObject({ code: "NOT_ALLOWED_IN_STATE", reasons: [{ code: "VM_STATUS_SUSPENDED" }] });
      expect(refused.reasons[0]!.message).toContain("discardVmMemory");
    }
    const { vm } = await whole.client.query<any>(
      `query ($id: ID!) { vm(id: $id) { can { discardMemory { allowed } stop { allowed } } } }`,
      { id },
    );
    expect(vm.can).toEqual({ discardMemory: { allowed: true }, stop: { allowed: false } });
    expect(await whole.act("discardVmMemory", id)).toMatchObject({ status: "FINISHED" });
    expect(await whole.vm(id)).toMatchObject({ status: "DOWN", memoryDomain: null });
    const discard = () => whole.refusal(`mutation ($id: ID!) { discardVmMemory(id: $id) { job { id } } }`, { id });
    expect(await discard()).toMatchObject({ code: "NOT_ALLOWED_IN_STATE", reasons: [{ code: "VM_STATUS_DOWN" }] });
    await whole.act("startVm", id);
    await whole.vmIs(id, "UP");
    expect(await discard()).toMatchObject({ code: "NOT_ALLOWED_IN_STATE", reasons: [{ code: "VM_STATUS_UP" }] });
    expect(whole.hosts.get("host1")!.effects.map(({ method }) => method)).toContain("vm.discardMemory");
    expect(await whole.events("vm.name = vm1")).toContain("USER_STOP_SUSPENDED_VM");
  });

  test("whose memory could not be thrown away is suspended as before", async () => {
    const whole = await startWholeEngine(1);
    const domain = await whole.addStorage();
    const id = await whole.runningVm();
    await whole.act("suspendVm", id);
    whole.hosts.get("host1")!.failNext("vm.discardMemory", "STORAGE");
    expect(await whole.act("discardVmMemory", id)).toMatchObject({ status: "FAILED", reasons: [{ code: "STORAGE" }] });
    expect(await whole.vm(id)).toMatchObject({ status: "SUSPENDED", memoryDomain: { id: domain } });
    expect(await whole.act("startVm", id)).toMatchObject({ status: "FINISHED" });
    await whole.vmIs(id, "UP");
  });

  test("of two that are started at the same moment on a host with room for one, one is refused", async () => {
    const whole = await startWholeEngine(1);
    const memory = 300 * 1024 ** 3;
    const ids = [await whole.addVm({ memory }), await whole.addVm({ memory })];
    // In the engine itself, so that each is decided before any is committed.
    const start = (id: string) =>
      startVm.run(whole.engine, SYSTEM, { id, mode: "APPLY" }).then(
        () => "started",
        ({ code, reasons }) => `${code} ${reasons[0].code}`,
      );
    expect((await Promise.all(ids.map(start))).toSorted()).toEqual(["NO_HOST NOT_ENOUGH_MEMORY", "started"]);
  });

  test("that starts and another that moves to the same host with room for one: one is refused", async () => {
    const whole = await startWholeEngine(2);
    const memory = 300 * 1024 ** 3;
    const moving = await whole.runningVm("host1", { memory });
    const starting = await whole.addVm({ memory });
    const request = { mode: "APPLY", input: { hostId: whole.hostId("host2") } } as const;
    const outcomes = await Promise.allSettled([
      startVm.run(whole.engine, SYSTEM, { id: starting, ...request }),
      moveVm.run(whole.engine, SYSTEM, { id: moving, ...request }),
    ]);
    const refusals = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.code] : []));
    expect(refusals).toEqual(["NO_HOST"]);
  });

  test("that cannot be suspended for want of storage is refused and runs on", async () => {
    const whole = await startWholeEngine(1);
    const id = await whole.runningVm();
    expect(await whole.refusal(`mutation ($id: ID!) { suspendVm(id: $id) { job { id } } }`, { id })).toMatchObject({
      code: "STORAGE",
      reasons: [{ code: "NO_SPACE" }],
    });
    expect((await whole.vm(id)).status).toBe("UP");
  });

  test("pauses on a storage error and goes on when it is started", async () => {
    const whole = await startWholeEngine(1);
    const id = await whole.runningVm();
    whole.hosts.get("host1")!.ioError(id);
    expect(await whole.vmIs(id, "PAUSED")).toMatchObject({ statusDetail: "EIO" });
    expect(await whole.act("startVm", id)).toMatchObject({ status: "FINISHED" });
    expect(await whole.vmIs(id, "UP")).toMatchObject({ statusDetail: null });
    expect(await whole.events("vm.name = vm1")).toContain("VM_PAUSED_EIO");
  });

  test("that crashes is down with an error", async () => {
    const whole = await startWholeEngine(1);
    const id = await whole.runningVm();
    whole.hosts.get("host1")!.crashVm(id);
    await whole.vmIs(id, "DOWN");
    expect((await whole.events("vm.name = vm1")).at(-1)).toBe("VM_DOWN_ERROR");
  });

  test("is removed with its disks, unless it is protected", async () => {
    const whole = await startWholeEngine(1);
    const storageDomainId = await whole.addStorage();
    const id = await whole.addVm({ deleteProtected: true });
    const attachment = { vmId: id, bootable: true };
    const input = { name: "disk1", storageDomainId, provisionedSize: 2 ** 30, format: "COW", attachment };
    await whole.client.query(`mutation ($input: AddDiskInput!) { addDisk(input: $input) { disk { id } } }`, { input });
    await until(
      "the disk OK",
      10_000,
      async () => (await whole.client.query<any>(`{ disks { nodes { status } } }`)).disks.nodes[0]?.status === "OK",
    );
    const remove = `mutation ($id: ID!) { removeVm(id: $id) { job { id } } }`;
    expect(await whole.refusal(remove, { id })).toMatchObject({ code: "NOT_ALLOWED_IN_STATE", reasons: [{ code: "DELETE_PROTECTED" }] });
    await whole.client.query(`mutation ($id: ID!) { updateVm(id: $id, input: { deleteProtected: false }) { vm { id } } }`, { id });
    expect(await whole.act("removeVm", id)).toMatchObject({ status: "FINISHED" });
    const left = await whole.client.query<any>(`{ vms { totalCount } disks { totalCount } }`);
    expect(left).toMatchObject({ vms: { totalCount: 0 }, disks: { totalCount: 0 } });
  });
});

describe("A migration", () => {
  test("that is cancelled leaves the VM where it was", async () => {
    const whole = await startWholeEngine(2);
    const id = await whole.runningVm("host1", { migration: { autoConverge: false, bandwidth: 1 } });
    const { migrateVm } = await whole.client.query<any>(`mutation ($id: ID!) { migrateVm(id: $id) { job { id } } }`, { id });
    await whole.vmIs(id, "MIGRATING");
    await until("the move under way", 10_000, async () => whole.hosts.get("host2")!.vms().length === 1);
    const { cancelVmMigration } = await whole.client.query<any>(`mutation ($id: ID!) { cancelVmMigration(id: $id) { job { id } } }`, {
      id,
    });
    expect(cancelVmMigration.job.id).toBe(migrateVm.job.id);
    expect(await whole.vmIs(id, "UP")).toMatchObject({ host: { name: "host1" }, migratingTo: null });
    await until(
      "the job ABORTED",
      10_000,
      async () =>
        (await whole.client.query<any>(`query ($id: ID!) { job(id: $id) { status } }`, { id: migrateVm.job.id })).job.status === "ABORTED",
    );
    expect(await whole.events("vm.name = vm1")).toEqual(
      expect.arrayContaining(["VM_MIGRATION_START", "VM_CANCEL_MIGRATION", "VM_MIGRATION_ABORT"]),
    );
  });

  test("is planned with the stand-still that its VM allows", async () => {
    const whole = await startWholeEngine(2);
    const id = await whole.runningVm("host1");
    const plan = async () => {
      const { migrateVm } = await whole.client.query<any>(
        `mutation ($id: ID!) { migrateVm(id: $id, mode: PLAN) { plan { downtime placement { host { name } } } } }`,
        { id },
      );
      return migrateVm.plan;
    };
    expect(await plan()).toEqual({ downtime: 500, placement: [{ host: { name: "host2" } }] });
    await whole.client.query(`mutation ($id: ID!) { updateVm(id: $id, input: { migrationDowntime: 1234 }) { vm { id } } }`, { id });
    expect(await plan()).toMatchObject({ downtime: 1_234 });
  });

  test("that fails leaves the VM where it was", async () => {
    const whole = await startWholeEngine(2);
    const id = await whole.runningVm("host1");
    whole.hosts.get("host1")!.failNext("vm.migrate", "MIGRATION_FAILED");
    expect(await whole.act("migrateVm", id)).toMatchObject({ status: "FAILED", reasons: [{ code: "MIGRATION_FAILED" }] });
    expect(await whole.vm(id)).toMatchObject({ status: "UP", host: { name: "host1" }, migratingTo: null });
    expect(await whole.events("vm.name = vm1")).toContain("VM_MIGRATION_FAILED");
  });

  test("to the host where the VM is, or to one that is not up, is refused", async () => {
    const whole = await startWholeEngine(2);
    const id = await whole.runningVm("host1");
    const migrate = `mutation ($id: ID!, $hostId: ID) { migrateVm(id: $id, input: { hostId: $hostId }) { job { id } } }`;
    expect(await whole.refusal(migrate, { id, hostId: whole.hostId("host1") })).toMatchObject({
      code: "NO_HOST",
      reasons: [{ code: "EXCLUDED" }],
    });
    expect(await whole.act("deactivateHost", whole.hostId("host2"), {})).toMatchObject({ status: "FINISHED" });
    expect(await whole.refusal(migrate, { id, hostId: whole.hostId("host2") })).toMatchObject({
      code: "NO_HOST",
      reasons: [{ code: "HOST_NOT_UP" }],
    });
  });
});
