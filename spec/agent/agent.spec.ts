import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { access, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AgentMethod, AgentMethods, type AgentParams, type AgentResult } from "../../schema/hostlink.ts";
import { HOST_METRICS, VM_METRICS } from "../../schema/hostlinkStatistics.ts";
import { eventually } from "./support/eventually.ts";
import { type FakeEngine, startFakeEngine } from "./support/fakeEngine.ts";
import { temporaryFolder } from "./support/identity.ts";
import { type Libvirtd, noLibvirtd, startLibvirtd } from "./support/libvirtd.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const DENO = join(ROOT, "node_modules", "deno", "deno");
const MAIN = ["run", "-A", "--config", join(ROOT, "agent", "deno.json"), join(ROOT, "agent", "main.ts")];
const skipped = noLibvirtd();

const call = () => ({ key: randomUUID(), jobId: randomUUID(), step: "step", fence: 1 });
const VM = randomUUID();
/** No disk: the firmware finds nothing to boot and idles. */
const xml = (vmId: string) => `<domain type='qemu'>
  <name>spec-${vmId.slice(0, 8)}</name><uuid>${vmId}</uuid><memory unit='MiB'>32</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><acpi/><tcg><tb-cache unit='MiB'>16</tb-cache></tcg></features>
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator><memballoon model='virtio'/></devices>
</domain>`;

interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}
async function finish(child: ChildProcess): Promise<Finished> {
  const [out, err] = [text(child.stdout!), text(child.stderr!)];
  const [code] = (await once(child, "exit")) as [number | null];
  return { code, stdout: await out, stderr: await err };
}
async function text(stream: NodeJS.ReadableStream): Promise<string> {
  let all = "";
  for await (const chunk of stream) all += String(chunk);
  return all;
}
const agent = (...args: string[]) => finish(spawn(DENO, [...MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] }));

describe("the agent's command line", () => {
  let engine: FakeEngine;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    [engine, folder] = await Promise.all([startFakeEngine(), temporaryFolder()]);
  });
  afterAll(async () => {
    await engine.close();
    await folder.remove();
  });
  const enroll = (token: string, fingerprint: string) =>
    agent("enroll", "--engine", engine.url, "--token", token, "--fingerprint", fingerprint, "--dir", join(folder.path, "agent"));

  it("enrols the host, or says with exit code 3 why not", async () => {
    const foreign = await enroll(engine.token, "00".repeat(32));
    expect([foreign.code, foreign.stderr]).toEqual([3, expect.stringContaining("FINGERPRINT")]);
    const refused = await enroll("another-token-0123456789", engine.authority.fingerprint);
    expect([refused.code, refused.stderr]).toEqual([3, "FORBIDDEN: The token is unknown.\n"]);
    await expect(access(join(folder.path, "agent"))).rejects.toThrow();
    const done = await enroll(engine.token, engine.authority.fingerprint);
    expect([done.code, done.stderr]).toEqual([0, ""]);
    expect(JSON.parse(await readFile(join(folder.path, "agent", "agent.json"), "utf8"))).toEqual({
      hostId: engine.hostId,
      engine: engine.url,
    });
  });
  it("answers with usage and exit code 2 what it does not understand", async () => {
    for (const args of [
      [],
      ["fly"],
      ["enroll"],
      ["run", "--nonsense"],
      ["enroll", "--engine", "http://x", "--token", "t", "--fingerprint", "f"],
    ]) {
      const { code, stderr } = await agent(...args);
      expect([code, stderr]).toEqual([2, expect.stringContaining("usage:")]);
    }
    expect(await agent("--version")).toMatchObject({ code: 0, stdout: "0.1.0\n" });
  });
});

describe.skipIf(skipped)(`the agent on a real libvirt${skipped ? ` (skipped: ${skipped})` : ""}`, () => {
  let engine: FakeEngine;
  let libvirtd: Libvirtd;
  let running: ChildProcess;
  let storage: { storageDomainId: string; path: string };
  const ask = async <M extends AgentMethod>(method: M, params: AgentParams<M>) =>
    AgentMethods[method].result.parse(await engine.call(method, params)) as AgentResult<M>;
  const startAgent = () => {
    const [command, args] = libvirtd.inside(
      DENO,
      ...MAIN,
      "run",
      "--dir",
      join(libvirtd.folder, "agent"),
      "--migration-uri",
      "qemu+tcp://h1/system",
    );
    running = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
    running.stderr!.resume();
  };
  /** nsenter waits for the agent: the signal is for its child. */
  const signalAgent = async (signal: NodeJS.Signals) => {
    const children = await readFile(`/proc/${running.pid}/task/${running.pid}/children`, "utf8");
    process.kill(Number(children.trim()), signal);
    await once(running, "exit");
  };

  beforeAll(async () => {
    [engine, libvirtd] = await Promise.all([startFakeEngine(), startLibvirtd()]);
    const path = join(libvirtd.folder, "storage");
    await mkdir(path);
    storage = { storageDomainId: randomUUID(), path };
    const { authority, token, url } = engine;
    await agent(
      "enroll",
      "--engine",
      url,
      "--token",
      token,
      "--fingerprint",
      authority.fingerprint,
      "--dir",
      join(libvirtd.folder, "agent"),
    );
    startAgent();
    await engine.linked();
  });
  afterAll(async () => {
    await libvirtd.stop();
    await engine.close();
  });

  it("describes the host in its hello", () => {
    const { host, libvirtAvailable, vms } = engine.hellos[0]!;
    expect({ libvirtAvailable, vms }).toEqual({ libvirtAvailable: true, vms: [] });
    expect(host).toMatchObject({
      hardwareUuid: "6e0c8f5a-0000-4000-8000-00000000000a",
      migrationUri: "qemu+tcp://h1/system",
      cpu: { architecture: "x86_64" },
    });
    expect(host.cpuModels.length).toBeGreaterThan(0);
    expect(host.machineTypes).toContain("q35");
    expect(host.versions.libvirt).toMatch(/^\d+\.\d+\.\d+$/);
    expect(host.memory).toBeGreaterThan(2 ** 28);
  });
  it("starts a VM, and tells the same of a second start", async () => {
    const report = await ask("vm.start", { vmId: VM, xml: xml(VM), call: call() });
    expect(report).toMatchObject({ vmId: VM, state: "RUNNING", guestAgent: false });
    expect(Math.abs(report.startedAt! - Date.now())).toBeLessThan(30_000);
    expect(await ask("vm.start", { vmId: VM, xml: xml(VM), call: call() })).toEqual(report);
    await engine.event("vm.state", ({ vm }) => vm.vmId === VM && vm.state === "RUNNING");
    expect((await ask("host.vms", {})).vms).toEqual([report]);
  });
  it("samples host and VM", async () => {
    engine.samples.length = 0;
    await eventually(() => engine.samples.some((sample) => sample.vmCount === 1 && sample.generation === engine.slots.at(-1)?.generation));
    await eventually(() => (engine.samples.at(-1)?.vms[VM_METRICS.indexOf("cpuUsage")] ?? Number.NaN) >= 0);
    const { host, vms } = engine.samples.at(-1)!;
    expect(engine.slots.at(-1)?.vmIds).toEqual([VM]);
    expect(vms[VM_METRICS.indexOf("memoryUsed")]).toBeGreaterThan(2 ** 20);
    const [user, system, idle] = ["cpuUser", "cpuSystem", "cpuIdle"].map((name) => host[HOST_METRICS.indexOf(name as "load")]!) as [
      number,
      number,
      number,
    ];
    expect(user + system + idle).toBeGreaterThan(90);
    expect(user + system + idle).toBeLessThanOrEqual(100.1);
  });
  it("resets a VM, and tells that it starts anew", async () => {
    await ask("vm.reset", { vmId: VM, call: call() });
    expect(await engine.event("vm.reboot")).toMatchObject({ vmId: VM });
    expect((await ask("host.vms", {})).vms).toMatchObject([{ vmId: VM, state: "RUNNING" }]);
  });
  it("writes the VM's memory to a file and brings it back", async () => {
    const memoryPath = join(storage.path, "memory", VM);
    const suspend = { vmId: VM, memoryPath, call: call() };
    await ask("vm.suspend", suspend);
    await engine.event("vm.gone", ({ reason }) => reason === "SAVED");
    await access(memoryPath);
    await ask("vm.suspend", { ...suspend, call: call() });
    expect(await ask("vm.memoryImage", { vmId: VM, memoryPath })).toEqual({ complete: true });
    expect(await ask("vm.memoryImage", { vmId: VM, memoryPath: `${memoryPath}.none` })).toEqual({ complete: false });
    // The VM was renamed meanwhile, or an earlier version named its domain after it.
    const renamed = xml(VM).replace(/<name>.*<\/name>/, "<name>another</name><title>ünï</title>");
    expect(await ask("vm.restore", { vmId: VM, xml: renamed, memoryPath, call: call() })).toMatchObject({
      state: "RUNNING",
      name: `spec-${VM.slice(0, 8)}`,
    });
    await expect(access(memoryPath)).rejects.toThrow();
    await expect(ask("vm.suspend", { vmId: VM, memoryPath: "/nowhere/at/all/memory", call: call() })).rejects.toThrow();
    expect((await ask("host.vms", {})).vms).toMatchObject([{ state: "RUNNING" }]);
  });
  it("tells the whole truth after libvirtd was restarted", async () => {
    engine.events.length = 0;
    await libvirtd.restart();
    await engine.event("host.libvirt", ({ available }) => available);
    expect(await engine.event("host.truth")).toMatchObject({ vms: [{ vmId: VM, state: "RUNNING" }] });
  });
  it("is restarted without the VM noticing, and tells of it in its hello", async () => {
    const before = (await ask("host.vms", {})).vms;
    await signalAgent("SIGKILL");
    startAgent();
    await eventually(() => engine.hellos.length === 2);
    await engine.linked();
    expect(engine.hellos[1]!.incarnation).not.toBe(engine.hellos[0]!.incarnation);
    expect(engine.hellos[1]!.vms).toEqual(before);
  });
  it("makes, grows and removes volumes, and none half", async () => {
    await expect(ask("storage.connect", { ...storage, format: false, call: call() })).rejects.toMatchObject({
      data: { code: "NOT_FOUND" },
    });
    await ask("storage.connect", { ...storage, format: true, call: call() });
    expect((await ask("storage.stat", storage)).available).toBeGreaterThan(0);
    const volume = { ...storage, diskId: randomUUID(), imageId: randomUUID() };
    const create = { ...volume, format: "COW" as const, provisionedSize: 2 ** 20, sparse: true };
    const made = await ask("disk.create", { ...create, call: call() });
    expect(made).toMatchObject({
      format: "COW",
      provisionedSize: 2 ** 20,
      path: join(storage.path, storage.storageDomainId, "images", volume.diskId, volume.imageId),
    });
    expect(await ask("disk.create", { ...create, call: call() })).toEqual(made);
    await expect(ask("disk.create", { ...create, format: "RAW", call: call() })).rejects.toMatchObject({
      data: { code: "ALREADY_EXISTS" },
    });
    expect(await ask("disk.resize", { ...volume, provisionedSize: 2 ** 21, call: call() })).toMatchObject({ provisionedSize: 2 ** 21 });
    await expect(ask("disk.resize", { ...volume, provisionedSize: 2 ** 20, call: call() })).rejects.toMatchObject({
      data: { code: "INVALID" },
    });
    const enormous = { ...volume, imageId: randomUUID(), format: "RAW" as const, provisionedSize: 2 ** 52, sparse: false };
    await expect(ask("disk.create", { ...enormous, call: call() })).rejects.toMatchObject({ data: { code: "NO_SPACE" } });
    await expect(ask("storage.remove", { ...storage, call: call() })).rejects.toMatchObject({ data: { code: "STORAGE" } });
    for (let i = 0; i < 2; i++) await ask("disk.remove", { ...volume, call: call() });
    await expect(ask("disk.info", volume)).rejects.toMatchObject({ data: { code: "NOT_FOUND" } });
    for (let i = 0; i < 2; i++) await ask("storage.remove", { ...storage, call: call() });
  });
  it("answers with a code when libvirt refuses", async () => {
    const other = randomUUID();
    await expect(ask("vm.start", { vmId: other, xml: xml(VM), call: call() })).rejects.toMatchObject({ data: { code: "INVALID" } });
    await expect(ask("vm.start", { vmId: other, xml: xml(other).replace("<os>", "<broken>"), call: call() })).rejects.toMatchObject({
      data: { code: "INVALID" },
    });
    await expect(ask("vm.resume", { vmId: other, call: call() })).rejects.toMatchObject({
      data: { code: "NOT_FOUND", libvirt: { code: 42 } },
    });
    const nowhere = {
      vmId: VM,
      destinationUri: "qemu+tcp://127.0.0.1:9/system",
      bandwidth: null,
      autoConverge: false,
      maximumDowntime: 300,
    };
    await expect(ask("vm.migrate", { ...nowhere, call: call() })).rejects.toMatchObject({ data: { code: "MIGRATION_FAILED" } });
    expect((await ask("host.vms", {})).vms).toMatchObject([{ state: "RUNNING" }]);
  });
  it("cuts the power, also when there is none left", async () => {
    for (let i = 0; i < 2; i++) await ask("vm.destroy", { vmId: VM, call: call() });
    await engine.event("vm.gone", ({ vmId, reason }) => vmId === VM && reason === "DESTROYED");
  });
  it("leaves when it is told to", async () => {
    await signalAgent("SIGTERM");
    expect(running.exitCode).toBe(0);
  });
});
