import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { expect, test } from "vitest";
import { CloseCode, MAX_FRAME_BYTES, PROTOCOL, type HostEvent } from "../../schema/hostlink.ts";
import { encodeSample, HOST_METRICS, VM_METRICS } from "../../schema/hostlinkStatistics.ts";
import { OvertError } from "../../src/errors.ts";
import { createWorld } from "../../lab/simulated/world.ts";
import { startEngine, type TestEngine } from "../support/hostlink.ts";
import { callContext, domainXml } from "../support/hostlinkCalls.ts";
import { greetedLink, hello, rawLink, request } from "../support/hostlinkDial.ts";

const event = (seq: number): { seq: number; at: number; event: HostEvent } => ({
  seq,
  at: 1,
  event: { type: "vm.reboot", vmId: randomUUID() },
});
/** A sample of ones for the host and twos for its VMs. */
const sampleFrame = (generation: number, vmCount: number) =>
  encodeSample({
    generation,
    at: 5,
    host: new Float32Array(HOST_METRICS.length).fill(1),
    vms: new Float32Array(VM_METRICS.length * vmCount).fill(2),
    vmCount,
  });
const reasons = (engine: TestEngine) => engine.logged.flatMap(({ reason }) => reason ?? []);
const lastReason = (engine: TestEngine) => engine.logged.findLast(({ msg }) => msg === "host link ended")?.reason;

test("a host says hello with its truth and is welcomed", async () => {
  const engine = await startEngine();
  const identity = await engine.enroll();
  const link = await rawLink(engine.url, identity);
  link.send(request(1, "hello", hello(identity.hostId, { unacknowledged: [event(1), event(2)] })));
  const { result } = await link.next();
  expect(result).toMatchObject({ protocol: { major: 1 }, engineVersion: "test", statisticsIntervalMs: 1_000, acknowledged: 2 });
  expect((result as { certificateExpiresAt: number }).certificateExpiresAt).toBeGreaterThan(Date.now() + 80_000_000);
  expect(engine.calls.connected(identity.hostId)).toBe(true);
  expect(engine.observer.hellos[0]!.host.hostname).toBe("raw");
});

test("a version that is not spoken here closes the link as VERSION, whatever else the hello holds", async () => {
  const engine = await startEngine();
  const identity = await engine.enroll();
  for (const protocol of [
    { major: 2, minor: 0 },
    { major: PROTOCOL.major, minor: PROTOCOL.minor + 1 },
    { major: 0, minor: 9 },
  ]) {
    const link = await rawLink(engine.url, identity);
    link.send(request(1, "hello", { protocol, of: "another shape" }));
    expect(await link.closed).toBe(CloseCode.VERSION);
  }
  expect(lastReason(engine)).toContain("agent speaks 0.9");
});

test.each([
  ["no JSON", "{"],
  ["no JSON-RPC", { hello: "world" }],
  ["a batch", [{ jsonrpc: "2.0", id: 9, method: "events", params: {} }]],
  ["a request whose id is null", { jsonrpc: "2.0", id: null, method: "events", params: {} }],
  ["an unknown method", request(2, "shutdown", {})],
  ["a method that objects inherit", request(2, "constructor", {})],
  ["parameters of another shape", request(2, "events", { events: [{ seq: 0 }] })],
  ["an unknown notification", { jsonrpc: "2.0", method: "gossip", params: {} }],
  ["a cancellation of nothing", { jsonrpc: "2.0", method: "$/cancelRequest" }],
  ["a second hello", request(2, "hello", hello(randomUUID()))],
  ["a binary frame that is no sample", new Uint8Array([1, 2, 3])],
  ["a frame over the limit", "x".repeat(MAX_FRAME_BYTES + 1)],
])("%s closes the link as MALFORMED with a logged reason, and the engine goes on", async (_what, frame) => {
  const engine = await startEngine();
  const other = await engine.host();
  const link = await greetedLink(engine.url, await engine.enroll());
  link.send(frame);
  expect(await link.closed).toBe(CloseCode.MALFORMED);
  expect(lastReason(engine)).toBeTruthy();
  await expect(engine.calls.call(other.hostId, "host.vms", {})).resolves.toEqual({ vms: [] });
});

test("anything before the hello closes the link", async () => {
  const engine = await startEngine();
  const link = await rawLink(engine.url, await engine.enroll());
  link.send(request(1, "events", { events: [event(1)] }));
  expect(await link.closed).toBe(CloseCode.MALFORMED);
  expect(lastReason(engine)).toBe("hello must come first");
});

test("a link without hello is cut after a while", async () => {
  const engine = await startEngine({ helloMs: 100 });
  const link = await rawLink(engine.url, await engine.enroll());
  expect(await link.closed).toBe(CloseCode.TIMEOUT);
});

test("a silent peer is cut after three heartbeats and the domain hears of it", async () => {
  const engine = await startEngine({ heartbeatMs: 100 });
  const silent = await engine.host();
  const lively = await engine.host();
  silent.powerCut({ silent: true });
  const since = Date.now();
  await expect.poll(() => engine.observer.lostHosts, { timeout: 3_000, interval: 10 }).toHaveLength(1);
  expect(Date.now() - since).toBeGreaterThanOrEqual(250);
  expect(engine.observer.lostHosts[0]!.hostId).toBe(silent.hostId);
  expect(engine.calls.connected(lively.hostId)).toBe(true);
});

test("a hello that the domain refuses closes the link: as REVOKED when it forbids, else to dial again", async () => {
  let failure: Error = new OvertError("FORBIDDEN", "no such host");
  const engine = await startEngine({ observe: { hello: () => Promise.reject(failure) } });
  const identity = await engine.enroll();
  const close = async () => {
    const link = await rawLink(engine.url, identity);
    link.send(request(1, "hello", hello(identity.hostId)));
    return link.closed;
  };
  expect(await close()).toBe(CloseCode.REVOKED);
  failure = new Error("database away");
  expect(await close()).toBe(CloseCode.GOING_AWAY);
  expect(engine.observer.lostHosts).toEqual([]);
});

test("a newer link takes over after its hello; the older is closed as REPLACED and nobody is lost", async () => {
  const engine = await startEngine();
  const identity = await engine.enroll();
  const first = await greetedLink(engine.url, identity);
  const second = await rawLink(engine.url, identity);
  expect(first.socket.readyState).toBe(first.socket.OPEN);
  second.send(request(1, "hello", hello(identity.hostId)));
  expect(await first.closed).toBe(CloseCode.REPLACED);
  await second.next();
  const answer = engine.calls.call(identity.hostId, "host.vms", {});
  const { id } = await second.next();
  second.send({ jsonrpc: "2.0", id, result: { vms: [] } });
  await expect(answer).resolves.toEqual({ vms: [] });
  expect(engine.observer.lostHosts).toEqual([]);
});

test("a link that ends while its hello is being taken in is lost afterwards, not before", async () => {
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<{ acknowledged: number; statisticsIntervalMs: number }>();
  const engine = await startEngine({ observe: { hello: () => (asked.resolve(), gate.promise) } });
  const identity = await engine.enroll();
  const link = await rawLink(engine.url, identity);
  link.send(request(1, "hello", hello(identity.hostId)));
  await asked.promise;
  link.socket.terminate();
  await expect.poll(() => lastReason(engine)).toContain("connection was closed");
  expect(engine.observer.lostHosts).toEqual([]);
  gate.resolve({ acknowledged: 0, statisticsIntervalMs: 1_000 });
  await expect.poll(() => engine.observer.lostHosts).toHaveLength(1);
  expect(engine.calls.connected(identity.hostId)).toBe(false);
});

test("events are acknowledged after they are committed, in order, and the next batch waits for the one before", async () => {
  const commits: (() => void)[] = [];
  const order: number[] = [];
  const engine = await startEngine({
    observe: {
      async events(_hostId, _incarnation, events) {
        await new Promise<void>((resolve) => commits.push(resolve));
        order.push(...events.map(({ seq }) => seq));
        return order.at(-1)!;
      },
    },
  });
  const link = await greetedLink(engine.url, await engine.enroll());
  link.send(request(2, "events", { events: [event(1), event(2)] }));
  link.send(request(3, "events", { events: [event(3)] }));
  const answer = link.next();
  await expect.poll(() => commits.length).toBe(1);
  // The next batch has come when this does.
  link.socket.ping();
  await once(link.socket, "pong");
  expect([commits.length, order]).toEqual([1, []]);
  commits[0]!();
  expect(await answer).toMatchObject({ id: 2, result: { acknowledged: 2 } });
  await expect.poll(() => commits.length).toBe(2);
  commits[1]!();
  expect(await link.next()).toMatchObject({ id: 3, result: { acknowledged: 3 } });
  expect(order).toEqual([1, 2, 3]);
});

test("events that could not be committed end the link; the agent brings them again with its next hello", async () => {
  let away = true;
  const engine: TestEngine = await startEngine({
    observe: {
      async events(_hostId, _incarnation, events) {
        if (away) throw new Error("database away");
        engine.observer.committed.push(...events);
        return events.at(-1)!.seq;
      },
    },
  });
  const host = await engine.host();
  const vmId = randomUUID();
  const start = engine.calls.call(host.hostId, "vm.start", { vmId, xml: domainXml(vmId), call: callContext() });
  await expect(start).rejects.toMatchObject({ code: "UNREACHABLE" });
  await expect.poll(() => host.lastEnd?.code).toBe(CloseCode.GOING_AWAY);
  away = false;
  await expect.poll(() => engine.observer.committed.at(-1)?.event.type, { timeout: 3_000 }).toBe("vm.guest");
  expect(engine.observer.committed.map(({ seq }) => seq)).toEqual([1, 2, 3]);
});

test("samples reach the observer with the slot table of their generation; unknown generations are left out", async () => {
  const engine = await startEngine();
  const link = await greetedLink(engine.url, await engine.enroll());
  const vmIds = [randomUUID(), randomUUID()];
  const slots = (generation: number, ids: string[]) => link.send({ jsonrpc: "2.0", method: "slots", params: { generation, vmIds: ids } });
  link.send(sampleFrame(1, 2));
  for (const generation of [1, 2, 3]) slots(generation, vmIds.slice(0, generation === 3 ? 1 : 2));
  // What is asked after them is answered after they were taken in.
  link.send(request(2, "events", { events: [event(1)] }));
  await link.next();
  for (const generation of [1, 2, 3]) link.send(sampleFrame(generation, generation === 3 ? 1 : 2));
  await expect.poll(() => engine.observer.samples.length).toBe(2);
  expect(engine.observer.samples.map(({ sample, vmIds: table }) => [sample.generation, table.length])).toEqual([
    [2, 2],
    [3, 1],
  ]);
  expect(
    engine.observer.samples.every(
      ({ sample }) => sample.at === 5 && sample.host.every((value) => value === 1) && sample.vms.every((value) => value === 2),
    ),
  ).toBe(true);
  link.send(sampleFrame(3, 2));
  expect(await link.closed).toBe(CloseCode.MALFORMED);
});

test("200 hosts that dial at once are all up, and nothing is left when they are gone", async () => {
  const engine = await startEngine();
  const world = createWorld();
  const identities = [];
  for (let index = 0; index < 200; index += 20) identities.push(...(await Promise.all(Array.from({ length: 20 }, () => engine.enroll()))));
  const hosts = await Promise.all(identities.map((identity) => engine.host({ identity, world })));
  expect(hosts.every(({ hostId }) => engine.calls.connected(hostId))).toBe(true);
  for (const host of hosts) host.stop();
  await expect.poll(() => engine.observer.lostHosts.length, { timeout: 5_000 }).toBe(200);
}, 30_000);

test("200 links of one host in quick succession leave one, and most are put off", async () => {
  const engine = await startEngine();
  const identity = await engine.enroll();
  const links = await Promise.all(Array.from({ length: 200 }, () => greetedLink(engine.url, identity).catch(() => null)));
  expect(engine.calls.connected(identity.hostId)).toBe(true);
  expect(engine.observer.hellos.length).toBeGreaterThanOrEqual(30);
  expect(engine.observer.hellos.length).toBeLessThan(60);
  expect(reasons(engine)).toContain("too many dials");
  await expect.poll(() => links.filter((link) => link?.socket.readyState === 1).length).toBeLessThanOrEqual(1);
  expect(engine.observer.lostHosts).toEqual([]);
}, 30_000);

test("closing the link server tells every host to dial again and none is reported lost", async () => {
  const engine = await startEngine();
  const host = await engine.host();
  await engine.close();
  await expect.poll(() => host.connected).toBe(false);
  expect(engine.observer.lostHosts).toEqual([]);
});
