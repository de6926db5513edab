import { describe, expect, test, vi } from "vitest";
import { SYSTEM } from "../../src/domain/access/caller.ts";
import { readEntries } from "../../src/domain/journal/read.ts";
import { startVm } from "../../src/domain/vm/start.ts";
import { START, SLOW, effectsOf, stepOf } from "../support/superseded.ts";
import { startWholeEngine, type WholeEngine } from "../support/wholeEngine.ts";

describe("A verb that contradicts a running job", () => {
  test("ends it in its own transaction", async () => {
    const whole = await startWholeEngine(1);
    const id = await whole.addVm();
    const gate = whole.hosts.get("host1")!.holdCalls("vm.start", "before");
    const job = (await whole.client.query<any>(START, { id })).startVm.job.id;
    await gate.reached();
    const before = whole.engine.journal.snapshot().cursor;
    const { stopVm } = await whole.client.query<any>(`mutation ($id: ID!) { stopVm(id: $id) { job { id } } }`, { id });
    const [first] = await readEntries(whole.engine.database.reader, before, before + 1);
    const rowOf = (wanted: string) => first!.changes.find((change) => change.id === wanted)?.row;
    expect(rowOf(id)).toMatchObject({ status: "POWERING_DOWN" });
    expect(rowOf(job)).toMatchObject({ cancelRequested: true });
    gate.release();
    expect(await whole.jobEnd(stopVm.job.id)).toMatchObject({ status: "FINISHED" });
  });

  test("a VM is down only when nothing of its start is left that could still come up, and runs when it is started again", async () => {
    const whole = await startWholeEngine(1);
    const host = whole.hosts.get("host1")!;
    const id = await whole.addVm();
    const gate = host.holdCalls("vm.start", "before");
    const first = (await whole.client.query<any>(START, { id })).startVm.job.id;
    await gate.reached();
    const { stopVm } = await whole.client.query<any>(`mutation ($id: ID!) { stopVm(id: $id) { job { id } } }`, { id });
    await vi.waitFor(() => expect(effectsOf(whole, "vm.destroy")).toHaveLength(1));
    expect((await whole.vm(id)).status).toBe("POWERING_DOWN");
    gate.release();
    expect(await whole.jobEnd(stopVm.job.id)).toMatchObject({ status: "FINISHED" });
    expect(await whole.jobEnd(first)).toMatchObject({ status: "ABORTED" });
    expect(await whole.vm(id)).toMatchObject({ status: "DOWN", host: null });
    expect(await whole.act("startVm", id)).toMatchObject({ status: "FINISHED" });
    await whole.vmIs(id, "UP");
    expect(host.vms().map(({ vmId }) => vmId)).toEqual([id]);
  });

  test("a VM that is stopped while it moves is down at both ends, and its move is cancelled", async () => {
    const whole = await startWholeEngine(2);
    const id = await whole.runningVm("host1", SLOW);
    const { migrateVm } = await whole.client.query<any>(`mutation ($id: ID!) { migrateVm(id: $id) { job { id } } }`, { id });
    await vi.waitFor(() => expect(whole.hosts.get("host2")!.vms()).toHaveLength(1), { timeout: 10_000 });
    expect(await whole.act("stopVm", id)).toMatchObject({ status: "FINISHED" });
    expect(await whole.jobEnd(migrateVm.job.id)).toMatchObject({ status: "ABORTED" });
    expect(await whole.vm(id)).toMatchObject({ status: "DOWN", host: null, migratingTo: null });
    expect([...whole.hosts.values()].flatMap((host) => host.vms())).toEqual([]);
    // Wherever it may turn up, whatever becomes of the cancel.
    const destroyed = [...whole.hosts.values()].map(({ effects }) => effects.filter(({ method }) => method === "vm.destroy").length);
    expect(destroyed).toEqual([1, 1]);
    expect(await whole.act("startVm", id)).toMatchObject({ status: "FINISHED" });
    await whole.vmIs(id, "UP");
  });

  test("a VM that is shut down while it moves stays where it is, and is asked to go down when the move is over", async () => {
    const whole = await startWholeEngine(2);
    const id = await whole.runningVm("host1");
    const gate = whole.hosts.get("host1")!.holdCalls("vm.migrate", "before");
    const { migrateVm } = await whole.client.query<any>(`mutation ($id: ID!) { migrateVm(id: $id) { job { id } } }`, { id });
    await gate.reached();
    const begun = stepOf("shutdownVm");
    const { shutdownVm } = await whole.client.query<any>(`mutation ($id: ID!) { shutdownVm(id: $id) { job { id } } }`, { id });
    await begun;
    expect((await whole.vm(id)).status).toBe("POWERING_DOWN");
    expect(effectsOf(whole, "vm.shutdown")).toEqual([]);
    gate.release();
    expect(await whole.jobEnd(shutdownVm.job.id)).toMatchObject({ status: "FINISHED" });
    expect(await whole.jobEnd(migrateVm.job.id)).toMatchObject({ status: "ABORTED" });
    expect(await whole.vm(id)).toMatchObject({ status: "DOWN", host: null, migratingTo: null });
    expect(effectsOf(whole, "vm.shutdown").map(({ outcome }) => outcome)).toEqual(["done"]);
  });

  test.each([
    ["is reset while its guest is asked to restart", { first: "rebootVm", call: "vm.reboot", second: "resetVm", status: "UP" }],
    ["is stopped while it is reset", { first: "resetVm", call: "vm.reset", second: "stopVm", status: "DOWN" }],
  ] as const)("a VM that %s ends as the second says", async (_title, { first, call, second, status }) => {
    const whole = await startWholeEngine(1);
    const id = await whole.runningVm();
    const gate = whole.hosts.get("host1")!.holdCalls(call, "before");
    const ask = async (verb: string): Promise<string> =>
      (await whole.client.query<any>(`mutation ($id: ID!) { it: ${verb}(id: $id) { job { id } } }`, { id })).it.job.id;
    const begun = await ask(first);
    await gate.reached();
    const before = whole.engine.journal.snapshot().cursor;
    const ending = await ask(second);
    const [entry] = await readEntries(whole.engine.database.reader, before, before + 1);
    expect(entry!.changes.find((change) => change.id === begun)?.row).toMatchObject({ cancelRequested: true });
    gate.release();
    expect(await whole.jobEnd(ending)).toMatchObject({ status: "FINISHED" });
    await whole.jobEnd(begun);
    await whole.vmIs(id, status);
  });

  test("shutting down a VM that is being started powers it off: there is no guest to ask", async () => {
    const whole = await startWholeEngine(1);
    const id = await whole.addVm();
    const gate = whole.hosts.get("host1")!.holdCalls("vm.start", "before");
    const starting = await whole.client.query<any>(START, { id });
    await gate.reached();
    const { shutdownVm } = await whole.client.query<any>(`mutation ($id: ID!) { shutdownVm(id: $id) { job { id } } }`, { id });
    gate.release();
    expect(await whole.jobEnd(shutdownVm.job.id)).toMatchObject({ status: "FINISHED" });
    expect(await whole.jobEnd(starting.startVm.job.id)).toMatchObject({ status: "ABORTED" });
    await whole.vmIs(id, "DOWN");
    expect(await whole.events("vm.name = vm1")).toContain("USER_STOPPED_VM_INSTEAD_OF_SHUTDOWN");
  });

  test("a stop that fails in the midst of a shutdown leaves a paused VM as it was before both", async () => {
    const whole = await startWholeEngine(1, { runner: { askMs: 200 }, model: { shutdownMs: 3_600_000 } });
    const id = await whole.runningVm();
    const host = whole.hosts.get("host1")!;
    host.pauseVm(id);
    await whole.vmIs(id, "PAUSED");
    const { shutdownVm } = await whole.client.query<any>(`mutation ($id: ID!) { shutdownVm(id: $id) { job { id } } }`, { id });
    await vi.waitFor(() => expect(effectsOf(whole, "vm.shutdown")).toHaveLength(1));
    const silent = host.holdCalls("host.vms", "before");
    host.failNext("vm.destroy", "LIBVIRT");
    expect(await whole.act("stopVm", id)).toMatchObject({ status: "FAILED" });
    expect(await whole.jobEnd(shutdownVm.job.id)).toMatchObject({ status: "ABORTED" });
    expect((await whole.vm(id)).status).toBe("PAUSED");
    silent.drop();
  });

  test("a second shutdown takes over from the first, whose end changes nothing", async () => {
    const whole = await startWholeEngine(1, { model: { shutdownMs: 3_600_000 } });
    const id = await whole.runningVm();
    const shutdown = `mutation ($id: ID!) { shutdownVm(id: $id) { job { id } } }`;
    const first = (await whole.client.query<any>(shutdown, { id })).shutdownVm.job.id;
    await vi.waitFor(() => expect(effectsOf(whole, "vm.shutdown")).toHaveLength(1));
    const second = (await whole.client.query<any>(shutdown, { id })).shutdownVm.job.id;
    expect(await whole.jobEnd(first)).toMatchObject({ status: "ABORTED" });
    expect((await whole.vm(id)).status).toBe("POWERING_DOWN");
    await vi.waitFor(() => expect(effectsOf(whole, "vm.shutdown")).toHaveLength(2), { timeout: 10_000 });
    whole.hosts.get("host1")!.guestShutdown(id);
    expect(await whole.jobEnd(second)).toMatchObject({ status: "FINISHED" });
    expect(await whole.vmIs(id, "DOWN")).toMatchObject({ host: null });
  });
});

describe("A VM that is seen up before its start has ended", () => {
  /** Its start is done and not yet answered; its host has told of it. */
  const seenUp = async (whole: WholeEngine) => {
    const id = await whole.addVm();
    const gate = whole.hosts.get("host1")!.holdCalls("vm.start", "after");
    const input = { hostId: whole.hostId("host1") };
    const document = `mutation ($id: ID!, $input: StartVmInput) { startVm(id: $id, input: $input) { job { id } } }`;
    const starting = await whole.client.query<any>(document, { id, input });
    await gate.reached();
    await whole.vmIs(id, "UP");
    return { id, gate, job: starting.startVm.job.id as string };
  };

  test("is not started a second time when the answer is lost", async () => {
    const whole = await startWholeEngine(1);
    const { id, job } = await seenUp(whole);
    whole.hosts.get("host1")!.restartAgent();
    expect(await whole.jobEnd(job)).toMatchObject({ status: "FINISHED" });
    expect(await whole.vm(id)).toMatchObject({ status: "UP", host: { name: "host1" } });
    expect(effectsOf(whole, "vm.start")).toHaveLength(1);
  });

  test("is moved after its start, which does not bring it back to where it began", async () => {
    const whole = await startWholeEngine(2);
    const { id, gate, job } = await seenUp(whole);
    const begun = stepOf("migrateVm");
    const { migrateVm } = await whole.client.query<any>(`mutation ($id: ID!) { migrateVm(id: $id) { job { id } } }`, { id });
    await begun;
    expect((await whole.vm(id)).status).toBe("MIGRATING");
    expect(effectsOf(whole, "vm.migrate")).toEqual([]);
    gate.release();
    expect(await whole.jobEnd(job)).toMatchObject({ status: "FINISHED" });
    expect((await whole.vm(id)).status).toBe("MIGRATING");
    expect(await whole.jobEnd(migrateVm.job.id)).toMatchObject({ status: "FINISHED" });
    expect(await whole.vm(id)).toMatchObject({ status: "UP", host: { name: "host2" } });
  });

  test("keeps the memory of a suspend that follows a return from memory at once", async () => {
    const whole = await startWholeEngine(1);
    await whole.addStorage();
    const id = await whole.runningVm();
    await whole.act("suspendVm", id);
    const gate = whole.hosts.get("host1")!.holdCalls("vm.restore", "after");
    const starting = await whole.client.query<any>(START, { id });
    await gate.reached();
    await whole.vmIs(id, "UP");
    const begun = stepOf("suspendVm");
    const { suspendVm } = await whole.client.query<any>(`mutation ($id: ID!) { suspendVm(id: $id) { job { id } } }`, { id });
    await begun;
    expect((await whole.vm(id)).status).toBe("SAVING_STATE");
    expect(effectsOf(whole, "vm.suspend")).toHaveLength(1);
    gate.release();
    expect(await whole.jobEnd(starting.startVm.job.id)).toMatchObject({ status: "FINISHED" });
    expect(await whole.jobEnd(suspendVm.job.id)).toMatchObject({ status: "FINISHED" });
    expect((await whole.vmIs(id, "SUSPENDED")).memoryDomain).not.toBeNull();
    expect(await whole.act("startVm", id)).toMatchObject({ status: "FINISHED" });
    expect(await whole.vmIs(id, "UP")).toMatchObject({ memoryDomain: null });
  });
});

describe("A VM that is started again", () => {
  test("when its guest ended before its first start was over, is launched by the second, after the first", async () => {
    const whole = await startWholeEngine(1);
    const host = whole.hosts.get("host1")!;
    const id = await whole.addVm();
    const gate = host.holdCalls("vm.start", "after");
    const first = (await whole.client.query<any>(START, { id })).startVm.job.id;
    await gate.reached();
    await whole.vmIs(id, "UP");
    host.guestShutdown(id);
    await whole.vmIs(id, "DOWN");
    const begun = stepOf("startVm");
    const second = (await whole.client.query<any>(START, { id })).startVm.job.id;
    await begun;
    expect((await whole.vm(id)).status).toBe("WAIT_FOR_LAUNCH");
    expect(effectsOf(whole, "vm.start")).toHaveLength(1);
    gate.release();
    await whole.jobEnd(first);
    expect(await whole.jobEnd(second)).toMatchObject({ status: "FINISHED" });
    await whole.vmIs(id, "UP");
    expect(host.vms().map(({ vmId }) => vmId)).toEqual([id]);
  });

  test("before the stop that cut its power was over, runs", async () => {
    const whole = await startWholeEngine(1);
    const host = whole.hosts.get("host1")!;
    const id = await whole.runningVm();
    const gate = host.holdCalls("vm.destroy", "after");
    const { stopVm } = await whole.client.query<any>(`mutation ($id: ID!) { stopVm(id: $id) { job { id } } }`, { id });
    await gate.reached();
    await whole.vmIs(id, "DOWN");
    const starting = await whole.client.query<any>(START, { id });
    gate.release();
    expect(await whole.jobEnd(stopVm.job.id)).toMatchObject({ status: "FINISHED" });
    expect(await whole.jobEnd(starting.startVm.job.id)).toMatchObject({ status: "FINISHED" });
    await whole.vmIs(id, "UP");
    expect(host.vms().map(({ vmId }) => vmId)).toEqual([id]);
  });

  test("from its memory, and runs already when that is cancelled, stays: its memory is nowhere else any more", async () => {
    const whole = await startWholeEngine(1);
    await whole.addStorage();
    const id = await whole.runningVm();
    await whole.act("suspendVm", id);
    const gate = whole.hosts.get("host1")!.holdCalls("vm.restore", "after");
    const starting = await whole.client.query<any>(START, { id });
    await gate.reached();
    await whole.vmIs(id, "UP");
    await whole.client.query(`mutation ($id: ID!) { cancelJob(id: $id) { job { id } } }`, { id: starting.startVm.job.id });
    gate.release();
    expect(await whole.jobEnd(starting.startVm.job.id)).toMatchObject({ status: "ABORTED" });
    expect((await whole.vm(id)).status).toBe("UP");
    expect(effectsOf(whole, "vm.destroy")).toEqual([]);
  });
});

describe("What is asked for twice", () => {
  test("two starts of a paused VM make one job, and one call", async () => {
    const whole = await startWholeEngine(1);
    const id = await whole.runningVm();
    const host = whole.hosts.get("host1")!;
    host.pauseVm(id);
    await whole.vmIs(id, "PAUSED");
    const gate = host.holdCalls("vm.resume", "before");
    // In the engine itself, so that each is decided before any is committed.
    const answers = await Promise.all([1, 2, 3].map(() => startVm.run(whole.engine, SYSTEM, { id, mode: "APPLY" })));
    const ids = new Set(answers.map(({ job }) => job!.id));
    expect(ids.size).toBe(1);
    gate.release();
    expect(await whole.jobEnd([...ids][0]!)).toMatchObject({ status: "FINISHED" });
    await whole.vmIs(id, "UP");
    expect(effectsOf(whole, "vm.resume")).toHaveLength(1);
  });

  test("two stops make one job", async () => {
    const whole = await startWholeEngine(1);
    const id = await whole.runningVm();
    const gate = whole.hosts.get("host1")!.holdCalls("vm.destroy", "before");
    const stop = `mutation ($id: ID!) { stopVm(id: $id) { job { id } } }`;
    const first = (await whole.client.query<any>(stop, { id })).stopVm.job.id;
    await gate.reached();
    expect((await whole.client.query<any>(stop, { id })).stopVm.job.id).toBe(first);
    gate.release();
    await whole.jobEnd(first);
    await whole.vmIs(id, "DOWN");
    expect(effectsOf(whole, "vm.destroy")).toHaveLength(1);
  });

  test("a VM that pauses again as soon as it is resumed is paused, and its job says so", async () => {
    const whole = await startWholeEngine(1);
    const id = await whole.runningVm();
    const host = whole.hosts.get("host1")!;
    host.ioError(id);
    await whole.vmIs(id, "PAUSED");
    const gate = host.holdCalls("vm.resume", "after");
    const starting = await whole.client.query<any>(START, { id });
    await gate.reached();
    host.ioError(id);
    const pauses = async () => (await whole.events("vm.name = vm1")).filter((name) => name === "VM_PAUSED_EIO");
    await vi.waitFor(async () => expect(await pauses()).toHaveLength(2), { timeout: 10_000 });
    gate.release();
    expect(await whole.jobEnd(starting.startVm.job.id)).toMatchObject({ status: "FAILED", reasons: [{ code: "STILL_PAUSED" }] });
    expect(await whole.vm(id)).toMatchObject({ status: "PAUSED", statusDetail: "EIO" });
  });

  test("a sleeping VM is paused with the reason, is woken by startVm, and cannot be asked to move or to shut down", async () => {
    const whole = await startWholeEngine(2);
    const id = await whole.runningVm();
    const host = whole.hosts.get((await whole.vm(id)).host!.name)!;
    host.sleepVm(id);
    await whole.vmIs(id, "PAUSED");
    expect((await whole.vm(id)).statusDetail).toBe("SLEEPING");
    for (const verb of ["migrateVm", "shutdownVm"])
      expect(await whole.refusal(`mutation ($id: ID!) { ${verb}(id: $id) { job { id } } }`, { id })).toMatchObject({
        code: "NOT_ALLOWED_IN_STATE",
        reasons: [{ code: "VM_SLEEPS" }],
      });
    expect(await whole.act("startVm", id)).toMatchObject({ status: "FINISHED" });
    expect(await whole.vmIs(id, "UP")).toMatchObject({ statusDetail: null });
  });
});
