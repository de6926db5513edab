import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { vmHandlers } from "../../agent/handlers/vm.ts";
import { DomainState, JobOperation, Procedure, VirErrorCode } from "../../agent/libvirt/constants.ts";
import { createSession, type LibvirtSession } from "../../agent/libvirt/session.ts";
import { TypedKind, XdrWriter } from "../../agent/libvirt/xdr.ts";
import { createDispatch, type Dispatch, type Handlers } from "../../agent/link/calls.ts";
import type { AgentMethod, AgentParams } from "../../schema/hostlink.ts";
import { domainProcedures, type FakeDomain, fakeDomain } from "./support/domains.ts";
import { eventually } from "./support/eventually.ts";
import { type FakeLibvirt, Refusal, startFakeLibvirt } from "./support/fakeLibvirt.ts";

const VM = "11111111-0000-4000-8000-000000000001";
const ignore = () => undefined;
const nothing = () => new XdrWriter();
const call = () => ({ key: randomUUID(), jobId: randomUUID(), step: "step", fence: 1 });
const never = new AbortController().signal;
const xml = (name: string) => `<domain type="qemu"><name>${name}</name><uuid>${VM}</uuid><title>web1</title></domain>`;

describe("what the agent does with a VM", () => {
  let fake: FakeLibvirt;
  let session: LibvirtSession;
  let dispatch: Dispatch;
  /** Names of the procedures that change something, in the order in which they were called. */
  let asked: string[];
  const domains = new Map<string, FakeDomain>();
  const on = (name: keyof typeof Procedure, answer: FakeLibvirt["procedures"][number] = nothing) => {
    fake.procedures[Procedure[name]] = (args) => (asked.push(name), answer(args));
  };
  const ask = <M extends AgentMethod>(method: M, params: AgentParams<M>, signal = never) => dispatch(method, params, signal);

  beforeEach(async () => {
    domains.clear();
    asked = [];
    fake = await startFakeLibvirt(domainProcedures(domains));
    session = createSession({
      socketPath: fake.socketPath,
      uri: "qemu:///system",
      onEvent: ignore,
      onUp: ignore,
      onDown: ignore,
      log: ignore,
    });
    await eventually(() => session.available);
    dispatch = createDispatch(vmHandlers(session) as Handlers, ignore);
  });
  afterEach(async () => {
    session.close();
    await fake.close();
  });

  it("lets a paused one go on, and wakes one that sleeps", async () => {
    on("DOMAIN_RESUME");
    on("DOMAIN_PM_WAKEUP");
    domains.set(VM, fakeDomain(VM, { state: DomainState.PAUSED }));
    await ask("vm.resume", { vmId: VM, call: call() });
    domains.set(VM, fakeDomain(VM, { state: DomainState.PMSUSPENDED }));
    await ask("vm.resume", { vmId: VM, call: call() });
    domains.set(VM, fakeDomain(VM));
    await ask("vm.resume", { vmId: VM, call: call() });
    expect(asked).toEqual(["DOMAIN_RESUME", "DOMAIN_PM_WAKEUP"]);
  });

  it("presses the reset button", async () => {
    on("DOMAIN_RESET");
    domains.set(VM, fakeDomain(VM));
    await ask("vm.reset", { vmId: VM, call: call() });
    expect(asked).toEqual(["DOMAIN_RESET"]);
    domains.delete(VM);
    await expect(ask("vm.reset", { vmId: VM, call: call() })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("takes a start back that was cancelled while libvirt was at it", async () => {
    const gate = Promise.withResolvers<void>();
    const domain = fakeDomain(VM);
    on("DOMAIN_CREATE_XML", async () => (await gate.promise, domains.set(VM, domain), new XdrWriter().domain(domain)));
    on("DOMAIN_DESTROY_FLAGS", () => (domains.delete(VM), nothing()));
    const cancel = new AbortController();
    const context = call();
    const start = ask("vm.start", { vmId: VM, xml: xml(VM), call: context }, cancel.signal);
    await eventually(() => asked.length === 1);
    cancel.abort();
    gate.resolve();
    await expect(start).rejects.toMatchObject({ code: "CANCELLED" });
    expect(asked).toEqual(["DOMAIN_CREATE_XML", "DOMAIN_DESTROY_FLAGS"]);
    // The same call again, as after a deadline, starts it.
    expect(await ask("vm.start", { vmId: VM, xml: xml(VM), call: context })).toMatchObject({ vmId: VM, state: "RUNNING" });
  });

  describe("keeps its memory in an image, and brings it back", () => {
    let folder: string;
    let memoryPath: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), "overt-memory-"));
      memoryPath = join(folder, "image");
    });
    afterEach(() => rm(folder, { recursive: true }));

    it("and does not take an image for one that libvirt did not complete", async () => {
      domains.set(VM, fakeDomain(VM));
      on("DOMAIN_SAVE_FLAGS", async () => (await writeFile(memoryPath, "LibvirtQemudPart of it"), nothing()));
      await expect(ask("vm.suspend", { vmId: VM, memoryPath, call: call() })).rejects.toMatchObject({ code: "STORAGE" });
    });

    it("and leaves an image of which nobody knows whether it is all there is, as libvirtd went away", async () => {
      domains.set(VM, fakeDomain(VM));
      on("DOMAIN_SAVE_FLAGS", async () => {
        await writeFile(memoryPath, "LibvirtQemudSave and more");
        void fake.stop();
        return new Promise<never>(ignore);
      });
      await expect(ask("vm.suspend", { vmId: VM, memoryPath, call: call() })).rejects.toMatchObject({ code: "LIBVIRT_UNAVAILABLE" });
      expect(existsSync(memoryPath)).toBe(true);
    });

    it("and takes back what a save that failed has left", async () => {
      domains.set(VM, fakeDomain(VM));
      on("DOMAIN_SAVE_FLAGS", async () => {
        await writeFile(memoryPath, "LibvirtQemudPart of it");
        throw new Refusal(38, "no space");
      });
      await expect(ask("vm.suspend", { vmId: VM, memoryPath, call: call() })).rejects.toMatchObject({ code: "LIBVIRT" });
      expect(existsSync(memoryPath)).toBe(false);
    });

    it("and removes the image only when it is seen to run", async () => {
      await writeFile(memoryPath, "LibvirtQemudSave and more");
      on("DOMAIN_SAVE_IMAGE_GET_XML_DESC", () => new XdrWriter().string(xml(VM)));
      on("DOMAIN_RESTORE_FLAGS");
      await expect(ask("vm.restore", { vmId: VM, xml: xml(VM), memoryPath, call: call() })).rejects.toMatchObject({ code: "NOT_FOUND" });
      expect(existsSync(memoryPath)).toBe(true);
      on("DOMAIN_RESTORE_FLAGS", () => (domains.set(VM, fakeDomain(VM)), nothing()));
      expect(await ask("vm.restore", { vmId: VM, xml: xml(VM), memoryPath, call: call() })).toMatchObject({ state: "RUNNING" });
      expect(existsSync(memoryPath)).toBe(false);
    });

    it.each([VM, "web1", "$&-&amp;-ü"])("under the name %s that it was saved with, whatever it is called now", async (name) => {
      await writeFile(memoryPath, "LibvirtQemudSave and more");
      on("DOMAIN_SAVE_IMAGE_GET_XML_DESC", () => new XdrWriter().string(`<domain><name>${name}</name><uuid>${VM}</uuid></domain>`));
      let restored = "";
      on("DOMAIN_RESTORE_FLAGS", (args) => {
        args.string();
        restored = args.optionalString() ?? "";
        domains.set(VM, fakeDomain(VM));
        return nothing();
      });
      await ask("vm.restore", { vmId: VM, xml: xml(VM), memoryPath, call: call() });
      expect(restored).toBe(xml(VM).replace(`<name>${VM}</name>`, () => `<name>${name}</name>`));
    });
  });

  describe("moves it", () => {
    const params = { vmId: VM, destinationUri: "qemu+tcp://there/system", bandwidth: null, autoConverge: false, maximumDowntime: 500 };
    let moving: boolean;
    let looks: number;
    let move: PromiseWithResolvers<XdrWriter>;
    beforeEach(() => {
      moving = false;
      looks = 0;
      move = Promise.withResolvers();
      domains.set(VM, fakeDomain(VM));
      on("DOMAIN_MIGRATE_SET_MAX_DOWNTIME");
      on("DOMAIN_MIGRATE_PERFORM3_PARAMS", () => ((moving = true), move.promise));
      on("DOMAIN_ABORT_JOB", () => {
        moving = false;
        move.reject(new Refusal(VirErrorCode.OPERATION_ABORTED, "operation aborted"));
        return nothing();
      });
      fake.procedures[Procedure.DOMAIN_GET_JOB_STATS] = () =>
        ++looks && moving
          ? new XdrWriter().int(2).typedParameters([{ name: "operation", kind: TypedKind.INT, value: JobOperation.MIGRATION_OUT }])
          : new XdrWriter().int(0).uint(0);
    });
    const times = (name: string) => asked.filter((one) => one === name).length;

    it("and a cancel reaches libvirt's job", async () => {
      const cancel = new AbortController();
      const migration = ask("vm.migrate", { ...params, call: call() }, cancel.signal);
      migration.catch(ignore);
      await eventually(() => moving);
      cancel.abort();
      await eventually(() => asked.includes("DOMAIN_ABORT_JOB"));
      await expect(migration).rejects.toMatchObject({ code: "CANCELLED" });
      expect(times("DOMAIN_ABORT_JOB")).toBe(1);
    });

    it("and a restarted agent joins the migration that its predecessor began, and can cancel it", async () => {
      moving = true;
      const joined = ask("vm.migrate", { ...params, call: call() });
      await eventually(() => looks > 0);
      domains.delete(VM);
      expect(await joined).toEqual({});
      expect(asked).toEqual([]);

      domains.set(VM, fakeDomain(VM));
      move.promise.catch(ignore);
      const cancel = new AbortController();
      const before = looks;
      const again = ask("vm.migrate", { ...params, call: call() }, cancel.signal);
      again.catch(ignore);
      await eventually(() => looks > before);
      cancel.abort();
      await eventually(() => asked.length > 0);
      await expect(again).rejects.toMatchObject({ code: "CANCELLED" });
      // As often as it takes.
      expect(new Set(asked)).toEqual(new Set(["DOMAIN_ABORT_JOB"]));
    });

    it("and is told to cancel it by whoever else asks, and does nothing where none is under way", async () => {
      const cancel = () => ask("vm.cancelMigration", { vmId: VM, call: call() });
      expect(await cancel()).toEqual({});
      expect(asked).toEqual([]);
      const migration = ask("vm.migrate", { ...params, call: call() });
      migration.catch(ignore);
      await eventually(() => moving);
      expect(await cancel()).toEqual({});
      await expect(migration).rejects.toMatchObject({ code: "CANCELLED" });
      expect(times("DOMAIN_ABORT_JOB")).toBe(1);
    });

    it("and says when the migration that it joined ended and the VM is still there", async () => {
      moving = true;
      const joined = ask("vm.migrate", { ...params, call: call() });
      joined.catch(ignore);
      await eventually(() => looks > 0);
      moving = false;
      await expect(joined).rejects.toMatchObject({ code: "MIGRATION_FAILED" });
    });
  });
});
