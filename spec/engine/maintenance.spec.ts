import { channel } from "node:diagnostics_channel";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { SYSTEM } from "../../src/domain/access/caller.ts";
import { activateHost } from "../../src/domain/host/activate.ts";
import type { Engine } from "../../src/domain/engine.ts";
import { observeVm } from "../../src/domain/vm/observe.ts";
import { SPEC_ORIGIN } from "../support/database.ts";
import { running } from "../support/hostileHost.ts";
import { ACTIVATE, DEACTIVATE, effectsOf, moving, mostMoving } from "../support/superseded.ts";
import { JOB_CHANNEL, type JobTrace } from "../../src/domain/job/trace.ts";
import { startWholeEngine, type WholeEngine } from "../support/wholeEngine.ts";

describe("A host on its way to maintenance", () => {
  test("has two VMs at most on their way at once", async () => {
    const whole = await startWholeEngine(3);
    // Each takes its own time, so that one leaves while another is still on its way.
    const paces = [400, 200, 100, 66].map((bandwidth) => ({ migration: { autoConverge: false, bandwidth } }));
    const ids = await Promise.all(paces.map((pace) => whole.runningVm("host1", pace)));
    const gate = whole.hosts.get("host1")!.holdCalls("vm.migrate", "before");
    const { deactivateHost } = await whole.client.query<any>(DEACTIVATE, { id: whole.hostId("host1") });
    await gate.reached(2);
    expect(await moving(whole)).toBe(2);
    const { most, stop } = mostMoving(whole, whole.hostId("host1"));
    gate.release();
    expect(await whole.jobEnd(deactivateHost.job.id)).toMatchObject({ status: "FINISHED" });
    stop();
    expect(await most).toBe(2);
    for (const id of ids) expect((await whole.vm(id)).host?.name).not.toBe("host1");
  });

  test("stays when it is activated: moves under way end, no further one begins, and nothing drains it later", async () => {
    const whole = await startWholeEngine(2);
    const ids = await Promise.all([1, 2, 3, 4].map(() => whole.runningVm("host1")));
    const gate = whole.hosts.get("host1")!.holdCalls("vm.migrate", "before");
    const { deactivateHost } = await whole.client.query<any>(DEACTIVATE, { id: whole.hostId("host1") });
    await gate.reached(2);
    const answer = await whole.client.query<any>(ACTIVATE, { id: whole.hostId("host1") });
    expect(answer.activateHost.host.status).toBe("UP");
    expect(await whole.jobEnd(deactivateHost.job.id)).toMatchObject({ status: "ABORTED", reasons: [{ code: "CANCELLED" }] });
    gate.release();
    const places = async () => {
      const vms = await Promise.all(ids.map((id) => whole.vm(id)));
      return vms.every(({ status }) => status === "UP") ? vms.map(({ host }) => host!.name).toSorted() : null;
    };
    await vi.waitFor(async () => expect(await places()).toEqual(["host1", "host1", "host2", "host2"]), { timeout: 20_000 });
    expect(effectsOf(whole, "vm.migrate")).toHaveLength(2);
    expect(await whole.hostStatus("host1")).toBe("UP");
    const events = await whole.events("host.name = host1");
    expect(events).toContain("VDS_ACTIVATE");
    // Nothing has failed: somebody thought better of it.
    for (const name of ["VDS_MAINTENANCE", "VDS_MAINTENANCE_FAILED"]) expect(events).not.toContain(name);
  });

  // Between the moment in which a step found nothing against it and its commit.
  const inBetween = (
    whole: WholeEngine,
    name: string,
    deed: (run: Engine["unitOfWork"]["run"]) => Promise<unknown>,
  ): Promise<unknown>[] => {
    const done: Promise<unknown>[] = [];
    const { unitOfWork } = whole.engine;
    const { run } = unitOfWork;
    const then = (message: unknown) => {
      const { phase, job, step } = message as JobTrace;
      if (job === "deactivateHost" && step === name && phase === "stepStarting" && done.length === 0) done.push(deed(run));
    };
    unitOfWork.run = async (...args) => {
      await Promise.allSettled(done);
      return run(...args);
    };
    channel(JOB_CHANNEL).subscribe(then);
    onTestFinished(() => {
      channel(JOB_CHANNEL).unsubscribe(then);
    });
    return done;
  };
  const activatedAt = (whole: WholeEngine, name: string) =>
    inBetween(whole, name, (run) =>
      activateHost.run({ ...whole.engine, unitOfWork: { ...whole.engine.unitOfWork, run } }, SYSTEM, {
        id: whole.hostId("host1"),
        mode: "APPLY",
      }),
    );

  test("to which a VM comes in the last moment is not in maintenance with it", async () => {
    const whole = await startWholeEngine(2);
    await whole.runningVm("host1");
    const [late, hostId] = [await whole.addVm({ name: "late" }), whole.hostId("host1")];
    // As when the host tells that it runs one that was down.
    const came = inBetween(whole, "enter", (run) => run(SPEC_ORIGIN, (tx) => void observeVm(tx, hostId, running(late))));
    const { deactivateHost } = await whole.client.query<any>(DEACTIVATE, { id: hostId });
    expect(await whole.jobEnd(deactivateHost.job.id)).toMatchObject({ status: "FAILED", reasons: [{ code: "VM_ARRIVED" }] });
    expect(await Promise.all(came)).toHaveLength(1);
    expect(await whole.hostStatus("host1")).toBe("UP");
    expect((await whole.vm(late)).host?.name).toBe("host1");
  });

  test.each(["evacuate", "enter"])("that is activated in the moment in which the step %s begins stays as it is", async (step) => {
    const whole = await startWholeEngine(2);
    const vmId = await whole.runningVm("host1");
    const activated = activatedAt(whole, step);
    const { deactivateHost } = await whole.client.query<any>(DEACTIVATE, { id: whole.hostId("host1") });
    expect((await whole.jobEnd(deactivateHost.job.id)).status).not.toBe("FINISHED");
    expect(await Promise.all(activated)).toHaveLength(1);
    expect(await whole.hostStatus("host1")).toBe("UP");
    expect((await whole.vm(vmId)).host?.name).toBe(step === "enter" ? "host2" : "host1");
    expect(effectsOf(whole, "vm.migrate")).toHaveLength(step === "enter" ? 1 : 0);
  });

  test("that is activated while a move from it is decided keeps that VM", async () => {
    const whole = await startWholeEngine(2);
    const vmId = await whole.runningVm("host1");
    const { unitOfWork } = whole.engine;
    const { run } = unitOfWork;
    const activated: Promise<unknown>[] = [];
    const activate = () =>
      activateHost.run({ ...whole.engine, unitOfWork: { ...unitOfWork, run } }, SYSTEM, { id: whole.hostId("host1"), mode: "APPLY" });
    unitOfWork.run = (origin, decide) =>
      run(origin, async (tx) => {
        const decided = await decide(tx);
        const isMove = (decided as { job?: { name: string } } | undefined)?.job?.name === "migrateVm";
        if (isMove && activated.length === 0) await activated[activated.push(activate()) - 1];
        return decided;
      });
    const { deactivateHost } = await whole.client.query<any>(DEACTIVATE, { id: whole.hostId("host1") });
    expect((await whole.jobEnd(deactivateHost.job.id)).status).not.toBe("FINISHED");
    expect(activated).toHaveLength(1);
    expect(await whole.hostStatus("host1")).toBe("UP");
    expect(await whole.vm(vmId)).toMatchObject({ status: "UP", host: { name: "host1" } });
    expect(effectsOf(whole, "vm.migrate")).toEqual([]);
  });

  test("that is sent there again at once is not brought back by the end of the first way", async () => {
    const whole = await startWholeEngine(2);
    const id = whole.hostId("host1");
    const vmId = await whole.runningVm("host1");
    const gate = whole.hosts.get("host1")!.holdCalls("vm.migrate", "before");
    const first = (await whole.client.query<any>(DEACTIVATE, { id })).deactivateHost.job.id;
    await gate.reached();
    // The first job is asked to stop, and has not ended yet, when the second begins.
    const [, again] = await Promise.all([
      whole.client.query<any>(ACTIVATE, { id }),
      whole.client.query<any>(DEACTIVATE, { id }).catch(() => null),
    ]);
    const second = (again ?? (await whole.client.query<any>(DEACTIVATE, { id }))).deactivateHost.job.id;
    expect(await whole.jobEnd(first)).toMatchObject({ status: "ABORTED" });
    expect(await whole.hostStatus("host1")).toBe("PREPARING_FOR_MAINTENANCE");
    gate.release();
    expect(await whole.jobEnd(second)).toMatchObject({ status: "FINISHED" });
    expect(await whole.hostStatus("host1")).toBe("MAINTENANCE");
    expect((await whole.vm(vmId)).host?.name).toBe("host2");
  });

  test("that dies while a VM on it cannot be moved ends its job with the reason", async () => {
    const whole = await startWholeEngine(2, { model: { shutdownMs: 3_600_000 } });
    const id = await whole.runningVm("host1");
    await whole.client.query(`mutation ($id: ID!) { shutdownVm(id: $id) { job { id } } }`, { id });
    const { deactivateHost } = await whole.client.query<any>(DEACTIVATE, { id: whole.hostId("host1") });
    expect(deactivateHost.host.status).toBe("PREPARING_FOR_MAINTENANCE");
    whole.hosts.get("host1")!.powerCut();
    const ended = await whole.jobEnd(deactivateHost.job.id);
    expect(ended).toMatchObject({ status: "FAILED", reasons: [{ code: "HOST_STATUS_NON_RESPONSIVE" }] });
    expect(await whole.hostStatus("host1")).toBe("NON_RESPONSIVE");
    expect(await whole.events("host.name = host1")).toContain("VDS_MAINTENANCE_FAILED");
  });

  test("whose libvirtd goes away is not UP for having failed: it is what it answers", async () => {
    const whole = await startWholeEngine(2, { runner: { backoffMs: 10, backoffLimitMs: 20 } });
    const id = await whole.runningVm("host1");
    const gate = whole.hosts.get("host1")!.holdCalls("vm.migrate", "before");
    const { deactivateHost } = await whole.client.query<any>(DEACTIVATE, { id: whole.hostId("host1") });
    await gate.reached();
    whole.hosts.get("host1")!.setLibvirt(false);
    whole.hosts.get("host1")!.failNext("vm.migrate", "LIBVIRT");
    gate.release();
    expect(await whole.jobEnd(deactivateHost.job.id)).toMatchObject({ status: "FAILED" });
    expect(await whole.hostStatus("host1")).toBe("NON_OPERATIONAL");
    whole.hosts.get("host1")!.setLibvirt(true);
    await vi.waitFor(async () => expect(await whole.hostStatus("host1")).toBe("UP"), { timeout: 20_000 });
    await whole.vmIs(id, "UP");
  });

  test("that dies in the midst of a move ends its job too, and is non-responsive as any other", async () => {
    const whole = await startWholeEngine(2, { runner: { backoffMs: 20, backoffLimitMs: 50, askMs: 500 } });
    const id = await whole.runningVm("host1");
    const gate = whole.hosts.get("host1")!.holdCalls("vm.migrate", "before");
    const { deactivateHost } = await whole.client.query<any>(DEACTIVATE, { id: whole.hostId("host1") });
    await gate.reached();
    whole.hosts.get("host1")!.powerCut();
    const ended = await whole.jobEnd(deactivateHost.job.id);
    expect(ended.status).toBe("FAILED");
    expect(["HOST_STATUS_NON_RESPONSIVE", "VM_MIGRATION_FAILED"]).toContain(ended.reasons[0]!.code);
    await vi.waitFor(async () => expect(await whole.hostStatus("host1")).toBe("NON_RESPONSIVE"), { timeout: 20_000 });
    expect(await whole.vmIs(id, "UNKNOWN")).toMatchObject({ host: { name: "host1" } });
    whole.hosts.get("host1")!.powerOn();
    await vi.waitFor(async () => expect(await whole.hostStatus("host1")).toBe("UP"), { timeout: 20_000 });
    await whole.vmIs(id, "DOWN");
  });
});

describe("A host that does not respond", () => {
  test("is not sent into maintenance while VMs are on record there, as `can` says; without any it is there at once", async () => {
    const whole = await startWholeEngine(1);
    const id = whole.hostId("host1");
    const vmId = await whole.runningVm();
    whole.hosts.get("host1")!.powerCut();
    await vi.waitFor(async () => expect(await whole.hostStatus("host1")).toBe("NON_RESPONSIVE"), { timeout: 20_000 });
    const code = "VDS_CANNOT_MAINTENANCE_VDS_IS_NOT_RESPONDING_WITH_VMS";
    expect(await whole.refusal(DEACTIVATE, { id })).toMatchObject({ code: "NOT_ALLOWED_IN_STATE", reasons: [{ code }] });
    const { host } = await whole.client.query<any>(
      `query ($id: ID!) { host(id: $id) { can { deactivate { allowed reasons { code } } } } }`,
      { id },
    );
    expect(host.can.deactivate).toEqual({ allowed: false, reasons: [{ code }] });
    whole.hosts.get("host1")!.powerOn();
    await whole.vmIs(vmId, "DOWN");
    whole.hosts.get("host1")!.powerCut();
    await vi.waitFor(async () => expect(await whole.hostStatus("host1")).toBe("NON_RESPONSIVE"), { timeout: 20_000 });
    const { deactivateHost } = await whole.client.query<any>(DEACTIVATE, { id });
    expect(deactivateHost).toEqual({ job: null, host: { status: "MAINTENANCE" } });
  });
});
