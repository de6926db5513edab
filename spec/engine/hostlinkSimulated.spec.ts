import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { createWorld, loadStorage, saveStorage } from "../../lab/simulated/world.ts";
import { startEngine, type TestEngine } from "../support/hostlink.ts";
import { callContext, domainXml } from "../support/hostlinkCalls.ts";

const start = (engine: TestEngine, hostId: string, vmId: string = randomUUID()) =>
  engine.calls.call(hostId, "vm.start", { vmId, xml: domainXml(vmId), call: callContext() });
const types = (engine: TestEngine) => engine.observer.committed.map(({ event }) => event.type);

test("a guest comes up with an address, shuts down when asked, and is gone", async () => {
  const engine = await startEngine();
  const host = await engine.host({ model: { guestMs: 100, shutdownMs: 100 } });
  const { vmId } = await start(engine, host.hostId);
  await expect.poll(() => types(engine)).toContain("vm.guest");
  const guest = engine.observer.committed.findLast(({ event }) => event.type === "vm.guest")!.event;
  expect(guest).toMatchObject({
    vmId,
    guest: { nics: [{ mac: "56:6f:00:01:02:03", addresses: [{ address: "10.1.2.3", version: "V4" }] }] },
  });
  await engine.calls.call(host.hostId, "vm.shutdown", { vmId, call: callContext() });
  await expect.poll(() => engine.observer.committed.at(-1)!.event).toEqual({ type: "vm.gone", vmId, reason: "SHUTDOWN" });
});

test("a suspended VM goes on where it was, on another host too", async () => {
  const engine = await startEngine();
  const world = createWorld();
  const [first, second] = [await engine.host({ world }), await engine.host({ world })];
  const { vmId } = await start(engine, first.hostId);
  const memoryPath = "/storage/memory";
  await engine.calls.call(first.hostId, "vm.suspend", { vmId, memoryPath, call: callContext() });
  expect(first.vms()).toEqual([]);
  const restore = { vmId, xml: domainXml(vmId), memoryPath };
  await engine.calls.call(second.hostId, "vm.restore", { ...restore, call: callContext() });
  expect(second.vms()).toMatchObject([{ vmId, state: "RUNNING" }]);
  await engine.calls.call(second.hostId, "vm.destroy", { vmId, call: callContext() });
  await expect(engine.calls.call(second.hostId, "vm.restore", { ...restore, call: callContext() })).rejects.toMatchObject({
    code: "NOT_FOUND",
  });
});

test("after a power cut the host comes back as another incarnation, without VMs", async () => {
  const engine = await startEngine();
  const host = await engine.host();
  await start(engine, host.hostId);
  host.powerCut();
  await expect.poll(() => engine.observer.lostHosts.length).toBe(1);
  host.powerOn();
  await host.whenConnected();
  const [before, after] = engine.observer.hellos;
  expect(after!.incarnation).not.toBe(before!.incarnation);
  expect(after).toMatchObject({ vms: [], unacknowledged: [] });
});

test("after an agent restart the VMs are still there and told", async () => {
  const engine = await startEngine();
  const host = await engine.host();
  const { vmId } = await start(engine, host.hostId);
  host.restartAgent();
  await host.whenConnected();
  expect(engine.observer.hellos[1]).toMatchObject({ vms: [{ vmId }], unacknowledged: [] });
});

test("while libvirtd is away nothing is concluded, and its return brings the truth", async () => {
  const engine = await startEngine();
  const host = await engine.host();
  const { vmId } = await start(engine, host.hostId);
  host.setLibvirt(false);
  await expect(start(engine, host.hostId)).rejects.toMatchObject({ code: "LIBVIRT_UNAVAILABLE" });
  host.breakLink();
  await host.whenConnected();
  expect(engine.observer.hellos[1]).toMatchObject({ libvirtAvailable: false, vms: null });
  host.setLibvirt(true);
  await expect.poll(() => engine.observer.committed.at(-1)!.event).toMatchObject({ type: "host.truth", vms: [{ vmId }] });
});

test("a migration fails when the destination loses its power, and the VM stays where it was", async () => {
  const engine = await startEngine();
  const world = createWorld();
  const [source, destination] = [await engine.host({ world }), await engine.host({ world })];
  const { vmId } = await start(engine, source.hostId);
  const params = {
    vmId,
    destinationUri: destination.migrationUri,
    bandwidth: 10,
    autoConverge: false,
    maximumDowntime: 500,
    call: callContext(),
  };
  const migration = engine.calls.call(source.hostId, "vm.migrate", params, { onProgress: () => destination.powerCut() });
  await expect(migration).rejects.toMatchObject({ code: "MIGRATION_FAILED" });
  expect(source.vms()).toMatchObject([{ vmId, state: "RUNNING" }]);
});

test("an incoming VM is given up when the source loses its power", async () => {
  const engine = await startEngine();
  const world = createWorld();
  const [source, destination] = [await engine.host({ world }), await engine.host({ world })];
  const { vmId } = await start(engine, source.hostId);
  const params = {
    vmId,
    destinationUri: destination.migrationUri,
    bandwidth: 10,
    autoConverge: false,
    maximumDowntime: 500,
    call: callContext(),
  };
  const migration = engine.calls.call(source.hostId, "vm.migrate", params, { onProgress: () => source.powerCut() });
  await expect(migration).rejects.toMatchObject({ code: "UNREACHABLE" });
  expect(destination.vms()).toEqual([]);
});

test("failures and faults come on demand", async () => {
  const engine = await startEngine();
  const host = await engine.host();
  host.failNext("vm.start", "LIBVIRT");
  const vmId = randomUUID();
  await expect(start(engine, host.hostId, vmId)).rejects.toMatchObject({ code: "LIBVIRT" });
  await start(engine, host.hostId, vmId);
  host.ioError(vmId);
  await expect.poll(() => engine.observer.committed.at(-1)!.event).toMatchObject({ vm: { state: "PAUSED", pauseReason: "IO_ERROR" } });
  host.crashVm(vmId);
  await expect.poll(() => engine.observer.committed.at(-1)!.event).toMatchObject({ type: "vm.gone", reason: "CRASHED" });
});

test("volumes live in a storage domain that all hosts of a world see, and outlive the process", async () => {
  const engine = await startEngine();
  const world = createWorld();
  const [first, second] = [await engine.host({ world }), await engine.host({ world })];
  const domain = { path: "/storage", storageDomainId: randomUUID() };
  const volume = { ...domain, diskId: randomUUID(), imageId: randomUUID() };
  await expect(engine.calls.call(first.hostId, "storage.stat", domain)).rejects.toMatchObject({ code: "STORAGE" });
  await engine.calls.call(first.hostId, "storage.connect", { ...domain, format: true, call: callContext() });
  const create = { ...volume, format: "COW", provisionedSize: 2 ** 30, sparse: true, call: callContext() } as const;
  const created = await engine.calls.call(first.hostId, "disk.create", create);
  expect(await engine.calls.call(second.hostId, "disk.info", volume)).toEqual(created);
  await expect(engine.calls.call(second.hostId, "storage.remove", { ...domain, call: callContext() })).rejects.toMatchObject({
    code: "STORAGE",
  });
  const later = createWorld();
  loadStorage(later, saveStorage(world));
  expect(later.domains).toEqual(world.domains);
});

test("samples follow the VMs: a new slot table when the set changed, values that move, uptime that counts", async () => {
  const engine = await startEngine();
  const host = await engine.host();
  const { vmId } = await start(engine, host.hostId);
  await expect
    .poll(() => engine.observer.samples.filter(({ vmIds }) => vmIds[0] === vmId).length, { timeout: 5_000 })
    .toBeGreaterThanOrEqual(2);
  const [earlier, later] = engine.observer.samples.filter(({ vmIds }) => vmIds[0] === vmId);
  expect(later!.sample.at).toBeGreaterThan(earlier!.sample.at);
  expect(later!.sample.vms.at(-1)).toBeGreaterThan(earlier!.sample.vms.at(-1)!);
  expect(later!.sample.host).not.toEqual(earlier!.sample.host);
});
