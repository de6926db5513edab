import { describe, expect, test, vi } from "vitest";
import { running, startHostileHost } from "../support/hostileHost.ts";
import { startWholeEngine, type WholeEngine } from "../support/wholeEngine.ts";

/** Quick enough for a host that stays away. */
const QUICK = { runner: { backoffMs: 20, backoffLimitMs: 50, askMs: 500 } };
const SLOW = { migration: { autoConverge: false, bandwidth: 1 } };
const MIGRATE = `mutation ($id: ID!) { migrateVm(id: $id) { job { id } } }`;

const migrate = async ({ client }: WholeEngine, id: string) => (await client.query<any>(MIGRATE, { id })).migrateVm.job.id as string;
const onItsWay = (whole: WholeEngine, name: string) =>
  vi.waitFor(() => expect(whole.hosts.get(name)!.vms()).toHaveLength(1), { timeout: 10_000 });
const hostIs = (whole: WholeEngine, name: string, status: string) =>
  vi.waitFor(async () => expect(await whole.hostStatus(name)).toBe(status), { timeout: 20_000 });

describe("A job that did not finish asks the host", () => {
  const VERBS = [
    ["migrateVm", "vm.migrate"],
    ["shutdownVm", "vm.shutdown"],
    ["stopVm", "vm.destroy"],
  ] as const;
  test.each(VERBS)("and leaves a paused VM paused when %s fails: it can still be resumed", async (verb, method) => {
    const whole = await startWholeEngine(2);
    const id = await whole.runningVm("host1");
    whole.hosts.get("host1")!.pauseVm(id);
    await whole.vmIs(id, "PAUSED");
    whole.hosts.get("host1")!.failNext(method, "LIBVIRT");
    expect(await whole.act(verb, id)).toMatchObject({ status: "FAILED", reasons: [{ code: "LIBVIRT" }] });
    expect(await whole.vm(id)).toMatchObject({ status: "PAUSED", host: { name: "host1" }, migratingTo: null });
    expect(await whole.act("startVm", id)).toMatchObject({ status: "FINISHED" });
    await whole.vmIs(id, "UP");
  });

  test.each(VERBS)("and does not take a VM for up that is still powering up when %s fails", async (verb, method) => {
    const whole = await startWholeEngine(2, { model: { guestMs: 600_000 } });
    const id = await whole.addVm();
    await whole.act("startVm", id);
    const { host } = await whole.vmIs(id, "POWERING_UP");
    whole.hosts.get(host!.name)!.failNext(method, "LIBVIRT");
    expect(await whole.act(verb, id)).toMatchObject({ status: "FAILED", reasons: [{ code: "LIBVIRT" }] });
    expect(await whole.vm(id)).toMatchObject({ status: "POWERING_UP", host: { name: host!.name } });
  });

  test("and leaves a paused VM paused when its migration is cancelled", async () => {
    const whole = await startWholeEngine(2);
    const id = await whole.runningVm("host1", SLOW);
    whole.hosts.get("host1")!.pauseVm(id);
    await whole.vmIs(id, "PAUSED");
    const job = await migrate(whole, id);
    await onItsWay(whole, "host2");
    const { cancelVmMigration } = await whole.client.query<any>(`mutation ($id: ID!) { cancelVmMigration(id: $id) { job { id } } }`, {
      id,
    });
    expect(cancelVmMigration.job.id).toBe(job);
    expect(await whole.jobEnd(job)).toMatchObject({ status: "ABORTED" });
    expect(await whole.vm(id)).toMatchObject({ status: "PAUSED", host: { name: "host1" }, migratingTo: null });
  });

  test("and sees a VM that paused while nobody told: it is not UP for a failed reboot", async () => {
    const whole = await startWholeEngine(1);
    const id = await whole.runningVm();
    const host = whole.hosts.get("host1")!;
    const gate = host.holdCalls("host.vms", "before");
    host.failNext("vm.reboot", "GUEST_AGENT");
    const { rebootVm } = await whole.client.query<any>(`mutation ($id: ID!) { rebootVm(id: $id) { job { id } } }`, { id });
    await gate.reached();
    Object.assign(host.vms()[0]!, { state: "PAUSED", pauseReason: "WATCHDOG" });
    gate.release();
    expect(await whole.jobEnd(rebootVm.job.id)).toMatchObject({ status: "FAILED", reasons: [{ code: "GUEST_AGENT" }] });
    expect((await whole.vm(id)).status).toBe("PAUSED");
  });

  const MISSED = [
    ["rebootVm", "vm.reboot"],
    ["shutdownVm", "vm.shutdown"],
    ["stopVm", "vm.destroy"],
    ["migrateVm", "vm.migrate"],
  ] as const;
  test.each(MISSED)("and takes a VM that is not there any more for down, with an event, when %s fails", async (verb, method) => {
    const whole = await startWholeEngine(2);
    const id = await whole.runningVm("host1");
    const host = whole.hosts.get("host1")!;
    const gate = host.holdCalls(method, "before");
    host.failNext(method, "LIBVIRT");
    const { done } = await whole.client.query<any>(`mutation ($id: ID!) { done: ${verb}(id: $id) { job { id } } }`, { id });
    await gate.reached();
    host.loseVm(id);
    gate.release();
    expect(await whole.jobEnd(done.job.id)).toMatchObject({ status: "FAILED" });
    expect(await whole.vm(id)).toMatchObject({ status: "DOWN", host: null, statusDetail: "NOT_FOUND_ON_HOST" });
    expect(await whole.events("vm.name = vm1")).toContain("VM_DOWN_ERROR");
  });

  test("and goes by what was before when the host serves but does not answer", async () => {
    const whole = await startWholeEngine(1, QUICK);
    const id = await whole.runningVm();
    const host = whole.hosts.get("host1")!;
    host.pauseVm(id);
    await whole.vmIs(id, "PAUSED");
    const silent = host.holdCalls("host.vms", "before");
    host.failNext("vm.shutdown", "LIBVIRT");
    expect(await whole.act("shutdownVm", id)).toMatchObject({ status: "FAILED" });
    expect(await whole.vm(id)).toMatchObject({ status: "PAUSED", host: { name: "host1" } });
    silent.drop();
  });

  test("and says UNKNOWN of a VM whose host does not serve, until the host tells", async () => {
    const whole = await startWholeEngine(1, QUICK);
    const id = await whole.runningVm();
    const host = whole.hosts.get("host1")!;
    const gate = host.holdCalls("vm.reboot", "before");
    const { rebootVm } = await whole.client.query<any>(`mutation ($id: ID!) { rebootVm(id: $id) { job { id } } }`, { id });
    await gate.reached();
    host.setLibvirt(false);
    await hostIs(whole, "host1", "NON_OPERATIONAL");
    host.failNext("vm.reboot", "LIBVIRT");
    gate.release();
    expect(await whole.jobEnd(rebootVm.job.id)).toMatchObject({ status: "FAILED" });
    expect((await whole.vm(id)).status).toBe("UNKNOWN");
    host.setLibvirt(true);
    await whole.vmIs(id, "UP");
  });
});

describe("A migration", () => {
  test("whose VM ends on arrival is over, and the VM down with an event", async () => {
    const whole = await startWholeEngine(2);
    const id = await whole.runningVm("host1");
    whole.hosts.get("host2")!.crashNext("arrival");
    expect(await whole.act("migrateVm", id)).toMatchObject({ status: "FINISHED" });
    expect(await whole.vm(id)).toMatchObject({ status: "DOWN", host: null, migratingTo: null });
    expect(await whole.events("vm.name = vm1")).toContain("VM_DOWN_ERROR");
    expect(await whole.act("startVm", id)).toMatchObject({ status: "FINISHED" });
  });

  test("whose VM ends right after it was seen at its destination is over, and the VM down", async () => {
    const whole = await startWholeEngine(2);
    const id = await whole.runningVm("host1");
    const gate = whole.hosts.get("host2")!.holdCalls("host.vms", "after");
    const job = await migrate(whole, id);
    await gate.reached();
    whole.hosts.get("host2")!.crashVm(id);
    await whole.vmIs(id, "DOWN");
    gate.release();
    expect(await whole.jobEnd(job)).toMatchObject({ status: "FINISHED" });
    expect(await whole.vm(id)).toMatchObject({ status: "DOWN", host: null });
  });

  test("whose source dies in the midst leaves the VM UNKNOWN where it was, and it is found down when the source is back", async () => {
    const whole = await startWholeEngine(2, QUICK);
    const id = await whole.runningVm("host1", SLOW);
    const job = await migrate(whole, id);
    await onItsWay(whole, "host2");
    whole.hosts.get("host1")!.powerCut();
    expect(await whole.jobEnd(job)).toMatchObject({ status: "FAILED", reasons: [{ code: "UNREACHABLE" }] });
    expect(await whole.vmIs(id, "UNKNOWN")).toMatchObject({ host: { name: "host1" }, migratingTo: null });
    whole.hosts.get("host1")!.powerOn();
    expect(await whole.vmIs(id, "DOWN")).toMatchObject({ host: null });
  });

  test("whose source dies when the VM has left it is over: the VM runs at its destination", async () => {
    const whole = await startWholeEngine(2, QUICK);
    const id = await whole.runningVm("host1");
    const gate = whole.hosts.get("host1")!.holdCalls("vm.migrate", "after");
    const job = await migrate(whole, id);
    await gate.reached();
    whole.hosts.get("host1")!.powerCut();
    await whole.jobEnd(job);
    expect(await whole.vmIs(id, "UP")).toMatchObject({ host: { name: "host2" }, migratingTo: null });
    expect(await whole.events("vm.name = vm1")).toContain("VM_MIGRATION_DONE");
  });

  test("whose destination dies in the midst leaves the VM where it was", async () => {
    const whole = await startWholeEngine(2, QUICK);
    const id = await whole.runningVm("host1", SLOW);
    const job = await migrate(whole, id);
    await onItsWay(whole, "host2");
    whole.hosts.get("host2")!.powerCut();
    expect(await whole.jobEnd(job)).toMatchObject({ status: "FAILED", reasons: [{ code: "MIGRATION_FAILED" }] });
    expect(await whole.vm(id)).toMatchObject({ status: "UP", host: { name: "host1" }, migratingTo: null });
  });

  test("both of whose ends die leaves the VM UNKNOWN until neither can have it", async () => {
    const whole = await startWholeEngine(2, QUICK);
    const id = await whole.runningVm("host1", SLOW);
    const job = await migrate(whole, id);
    await onItsWay(whole, "host2");
    whole.hosts.get("host2")!.powerCut();
    whole.hosts.get("host1")!.powerCut();
    await whole.jobEnd(job);
    expect(await whole.vmIs(id, "UNKNOWN")).toMatchObject({ migratingTo: { id: whole.hostId("host2") } });
    // The source has it no more; the destination may.
    whole.hosts.get("host1")!.powerOn();
    await hostIs(whole, "host1", "UP");
    expect(await whole.vm(id)).toMatchObject({ status: "UNKNOWN", host: { name: "host2" }, migratingTo: null });
    whole.hosts.get("host2")!.powerOn();
    expect(await whole.vmIs(id, "DOWN")).toMatchObject({ host: null });
  });

  test("that fails while the VM is still coming in at its destination leaves it where it was", async () => {
    const whole = await startWholeEngine(1);
    const id = await whole.runningVm("host1");
    const destination = await startHostileHost(whole);
    destination.runs = [running(id, { incoming: true })];
    const source = whole.hosts.get("host1")!;
    source.failNext("vm.migrate", "LIBVIRT");
    source.failNext("host.vms", "LIBVIRT_UNAVAILABLE");
    expect(await whole.act("migrateVm", id, { hostId: destination.hostId })).toMatchObject({ status: "FAILED" });
    expect(destination.asked).toBe(1);
    expect(await whole.vm(id)).toMatchObject({ status: "UP", host: { name: "host1" }, migratingTo: null });
  });

  test("of a VM that pauses on its way is not begun a second time, and its failure leaves the VM paused and on one host", async () => {
    const whole = await startWholeEngine(3, QUICK);
    const id = await whole.runningVm("host1", SLOW);
    const job = await migrate(whole, id);
    const { migratingTo } = await whole.vmIs(id, "MIGRATING");
    const destination = [...whole.hosts.values()].find(({ hostId }) => hostId === migratingTo!.id)!;
    await vi.waitFor(() => expect(destination.vms()).toHaveLength(1));
    whole.hosts.get("host1")!.ioError(id);
    await whole.vmIs(id, "PAUSED");
    expect(await whole.refusal(MIGRATE, { id })).toMatchObject({
      code: "NOT_ALLOWED_IN_STATE",
      reasons: [{ code: "MIGRATION_UNDER_WAY" }],
    });
    destination.powerCut();
    expect(await whole.jobEnd(job)).toMatchObject({ status: "FAILED" });
    expect(await whole.vm(id)).toMatchObject({ status: "PAUSED", statusDetail: "EIO", host: { name: "host1" }, migratingTo: null });
  });

  test("that was limited by an input without a bandwidth is made without a limit", async () => {
    const whole = await startWholeEngine(2);
    const id = await whole.runningVm("host1", { migration: { autoConverge: true } });
    expect(await whole.act("migrateVm", id)).toMatchObject({ status: "FINISHED" });
    expect(await whole.vm(id)).toMatchObject({ status: "UP", host: { name: "host2" } });
  });
});

describe("A suspend", () => {
  test("of which nobody can tell how it ended keeps what memory there may be, and is suspended when its host is back without the VM", async () => {
    const whole = await startWholeEngine(1, QUICK);
    const domain = await whole.addStorage();
    const host = whole.hosts.get("host1")!;
    const id = await whole.runningVm();
    const gate = host.holdCalls("vm.suspend", "before");
    const { suspendVm } = await whole.client.query<any>(`mutation ($id: ID!) { suspendVm(id: $id) { job { id } } }`, { id });
    await gate.reached();
    host.powerCut();
    expect(await whole.jobEnd(suspendVm.job.id)).toMatchObject({ status: "FAILED" });
    expect(await whole.vm(id)).toMatchObject({ status: "UNKNOWN", memoryDomain: { id: domain } });
    host.powerOn();
    expect(await whole.vmIs(id, "SUSPENDED")).toMatchObject({ host: null, memoryDomain: { id: domain } });
    // There was none: that is found out, and the rest is for people to say.
    expect(await whole.act("startVm", id)).toMatchObject({ status: "FAILED" });
    expect((await whole.vm(id)).status).toBe("SUSPENDED");
    expect(await whole.act("discardVmMemory", id)).toMatchObject({ status: "FINISHED" });
    expect(await whole.act("startVm", id)).toMatchObject({ status: "FINISHED" });
    expect(await whole.vmIs(id, "UP")).toMatchObject({ memoryDomain: null });
  });
});

describe("A start", () => {
  test("whose VM ends before the start is written down is not UP for ever", async () => {
    const whole = await startWholeEngine(1);
    const host = whole.hosts.get("host1")!;
    const id = await whole.addVm();
    host.crashNext("start");
    const gate = host.holdCalls("vm.start", "after");
    const { startVm } = await whole.client.query<any>(`mutation ($id: ID!) { startVm(id: $id) { job { id } } }`, { id });
    await gate.reached();
    // The end is known before the answer that says that it runs.
    await vi.waitFor(async () => expect((await whole.vm(id)).statusDetail).toBe("ENDED"));
    gate.release();
    expect(await whole.jobEnd(startVm.job.id)).toMatchObject({ status: "FAILED", reasons: [{ code: "VM_ENDED" }] });
    expect(await whole.vm(id)).toMatchObject({ status: "DOWN", host: null, statusDetail: "LAUNCH_FAILED" });
  });

  test("that cannot be undone leaves the VM UNKNOWN, not down: its host tells when it can", async () => {
    const whole = await startWholeEngine(1, QUICK);
    const host = whole.hosts.get("host1")!;
    const id = await whole.addVm();
    host.failNext("vm.start", "LIBVIRT");
    host.failNext("vm.destroy", "LIBVIRT");
    const silent = host.holdCalls("host.vms", "before");
    const { startVm } = await whole.client.query<any>(`mutation ($id: ID!) { startVm(id: $id) { job { id } } }`, { id });
    expect(await whole.jobEnd(startVm.job.id)).toMatchObject({ status: "FAILED" });
    expect((await whole.vm(id)).status).toBe("UNKNOWN");
    silent.release();
    await whole.vmIs(id, "DOWN");
  });
});
