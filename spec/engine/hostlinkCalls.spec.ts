import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { CloseCode, type NotificationParams } from "../../schema/hostlink.ts";
import { createWorld } from "../../lab/simulated/world.ts";
import { startEngine } from "../support/hostlink.ts";
import { callContext, domainXml } from "../support/hostlinkCalls.ts";
import { greetedLink } from "../support/hostlinkDial.ts";

test("a call is answered with the host's checked result", async () => {
  const engine = await startEngine();
  const host = await engine.host();
  const vmId = randomUUID();
  const report = await engine.calls.call(host.hostId, "vm.start", { vmId, xml: domainXml(vmId, "web1"), call: callContext() });
  expect(report).toMatchObject({ vmId, name: "web1", state: "RUNNING", guestAgent: false });
  await expect
    .poll(() => engine.observer.committed.map(({ event }) => event.type), { timeout: 3_000 })
    .toEqual(["vm.state", "vm.state", "vm.guest"]);
});

test("a host's refusal arrives as its code", async () => {
  const engine = await startEngine();
  const host = await engine.host();
  const call = engine.calls.call(host.hostId, "vm.shutdown", { vmId: randomUUID(), call: callContext() });
  await expect(call).rejects.toMatchObject({ name: "HostCallError", code: "NOT_FOUND" });
});

test("a call to a host that is not connected is UNREACHABLE", async () => {
  const engine = await startEngine();
  await expect(engine.calls.call(randomUUID(), "host.vms", {})).rejects.toMatchObject({ name: "HostCallError", code: "UNREACHABLE" });
});

test("a call that the link did not survive is UNREACHABLE, and repeated under its key it is answered without being done again", async () => {
  const engine = await startEngine();
  const host = await engine.host();
  const vmId = randomUUID();
  const params = { vmId, xml: domainXml(vmId), call: callContext() };
  const gate = host.holdCalls("vm.start");
  const first = engine.calls.call(host.hostId, "vm.start", params);
  first.catch(() => {});
  await gate.reached();
  gate.drop();
  host.breakLink();
  await expect(first).rejects.toMatchObject({ code: "UNREACHABLE" });
  await host.whenConnected();
  await expect(engine.calls.call(host.hostId, "vm.start", params)).resolves.toMatchObject({ vmId });
  expect(host.effects.map(({ method, outcome }) => [method, outcome])).toEqual([["vm.start", "done"]]);
});

test("a call below the highest fence of its job is FENCED", async () => {
  const engine = await startEngine();
  const host = await engine.host();
  const jobId = randomUUID();
  const destroy = (fence: number) =>
    engine.calls.call(host.hostId, "vm.destroy", { vmId: randomUUID(), call: callContext({ jobId, fence }) });
  await destroy(2);
  await expect(destroy(1)).rejects.toMatchObject({ code: "FENCED" });
  expect(host.effects).toHaveLength(1);
});

test("a call without answer ends at its deadline", async () => {
  const engine = await startEngine();
  const host = await engine.host();
  host.holdCalls("host.vms", "before");
  const since = Date.now();
  await expect(engine.calls.call(host.hostId, "host.vms", {}, { deadlineMs: 100 })).rejects.toMatchObject({ code: "TIMEOUT" });
  expect(Date.now() - since).toBeLessThan(1_000);
});

test("a migration reports its progress, and the VM goes on at the destination with its guest's uptime", async () => {
  const engine = await startEngine();
  const world = createWorld();
  const [source, destination] = [await engine.host({ world }), await engine.host({ world })];
  const vmId = randomUUID();
  await engine.calls.call(source.hostId, "vm.start", { vmId, xml: domainXml(vmId), call: callContext() });
  const { bootedAt } = source.vms()[0]!;
  const progress: NotificationParams<"progress">[] = [];
  const call = callContext();
  await engine.calls.call(
    source.hostId,
    "vm.migrate",
    { vmId, destinationUri: destination.migrationUri, bandwidth: null, autoConverge: false, maximumDowntime: 500, call },
    { onProgress: (report) => progress.push(report) },
  );
  expect(progress.length).toBeGreaterThan(2);
  expect(progress.at(-1)).toMatchObject({ key: call.key, percent: 100, remaining: 0 });
  expect(source.vms()).toEqual([]);
  expect(destination.vms()).toMatchObject([{ vmId, state: "RUNNING", incoming: false, bootedAt }]);
});

test("aborting the signal cancels the call on the host", async () => {
  const engine = await startEngine();
  const world = createWorld();
  const [source, destination] = [await engine.host({ world }), await engine.host({ world })];
  const vmId = randomUUID();
  await engine.calls.call(source.hostId, "vm.start", { vmId, xml: domainXml(vmId), call: callContext() });
  const abort = new AbortController();
  const migration = engine.calls.call(
    source.hostId,
    "vm.migrate",
    { vmId, destinationUri: destination.migrationUri, bandwidth: 1, autoConverge: false, maximumDowntime: 500, call: callContext() },
    { signal: abort.signal, onProgress: () => abort.abort() },
  );
  await expect(migration).rejects.toMatchObject({ code: "CANCELLED" });
  expect(source.vms()).toMatchObject([{ vmId, state: "RUNNING" }]);
  expect(destination.vms()).toEqual([]);
});

test("a call that was given up at the engine's deadline can be made again under its key, and succeeds", async () => {
  const engine = await startEngine();
  const world = createWorld();
  const [source, destination] = [await engine.host({ world }), await engine.host({ world })];
  const vmId = randomUUID();
  await engine.calls.call(source.hostId, "vm.start", { vmId, xml: domainXml(vmId), call: callContext() });
  const call = callContext();
  const migrate = (bandwidth: number | null, deadlineMs: number) => {
    const params = { vmId, destinationUri: destination.migrationUri, bandwidth, autoConverge: false, maximumDowntime: 500, call };
    return engine.calls.call(source.hostId, "vm.migrate", params, { deadlineMs });
  };
  await expect(migrate(1, 200)).rejects.toMatchObject({ code: "TIMEOUT" });
  // As the job runner does: the next may join the one that is still ending.
  const again = () => migrate(null, 20_000);
  await again().catch((error: unknown) => {
    expect(error).toMatchObject({ code: "CANCELLED" });
    return again();
  });
  expect(destination.vms()).toMatchObject([{ vmId, state: "RUNNING" }]);
});

test("a call whose signal is aborted already is not sent", async () => {
  const engine = await startEngine();
  const host = await engine.host();
  const call = engine.calls.call(host.hostId, "vm.destroy", { vmId: randomUUID(), call: callContext() }, { signal: AbortSignal.abort() });
  await expect(call).rejects.toMatchObject({ code: "CANCELLED" });
  expect(host.effects).toEqual([]);
});

test("nothing is asked of an agent that did not name the capability", async () => {
  const engine = await startEngine();
  const identity = await engine.enroll();
  await greetedLink(engine.url, identity, { capabilities: ["vm"] });
  const call = engine.calls.call(identity.hostId, "vm.suspend", { vmId: randomUUID(), memoryPath: "/m", call: callContext() });
  await expect(call).rejects.toMatchObject({ code: "UNSUPPORTED" });
});

test("an answer that is not of the method's shape fails the call and ends the link", async () => {
  const engine = await startEngine();
  const identity = await engine.enroll();
  const link = await greetedLink(engine.url, identity);
  const call = engine.calls.call(identity.hostId, "host.vms", {});
  call.catch(() => {});
  const { id } = await link.next();
  link.send({ jsonrpc: "2.0", id, result: { vms: "many" } });
  await expect(call).rejects.toMatchObject({ code: "INTERNAL" });
  expect(await link.closed).toBe(CloseCode.MALFORMED);
});

test("calls to many hosts at once do not wait for each other", async () => {
  const engine = await startEngine();
  const world = createWorld();
  const hosts = [];
  for (let index = 0; index < 10; index++) hosts.push(await engine.host({ world }));
  const stuck = hosts[0]!.holdCalls("host.vms");
  const calls = hosts.map(({ hostId }) => engine.calls.call(hostId, "host.vms", {}));
  await Promise.all(calls.slice(1));
  stuck.release();
  await Promise.all(calls);
});
