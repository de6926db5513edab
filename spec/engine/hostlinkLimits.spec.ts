import { EventEmitter } from "node:events";
import { randomUUID, X509Certificate } from "node:crypto";
import { once } from "node:events";
import tls from "node:tls";
import { expect, test } from "vitest";
import type { WebSocket } from "ws";
import { CloseCode, MAX_FRAME_BYTES, type HostEvent } from "../../schema/hostlink.ts";
import { MOST_LIVE_FRAME_BYTES, MOST_VMS } from "../../schema/hostlinkLimits.ts";
import { encodeSample, HOST_METRICS } from "../../schema/hostlinkStatistics.ts";
import { limitIntake } from "../../src/hostlink/intake.ts";
import { createUnanswered } from "../../src/hostlink/unanswered.ts";
import { createPace } from "../../src/pace.ts";
import { startEngine, type TestEngine } from "../support/hostlink.ts";
import { callContext } from "../support/hostlinkCalls.ts";
import { greetedLink, hello, rawLink, refusedDial, request } from "../support/hostlinkDial.ts";

const reasons = (engine: TestEngine) => engine.logged.flatMap(({ reason }) => reason ?? []);
const reboot = (seq: number): { seq: number; at: number; event: HostEvent } => ({
  seq,
  at: 1,
  event: { type: "vm.reboot", vmId: randomUUID() },
});
/** A batch of one event that is valid, and of this size. */
const batch = (id: number, bytes: number) => {
  const vm = { vmId: randomUUID(), state: "RUNNING", pauseReason: null, incoming: false, guestAgent: true, startedAt: null, display: null };
  const event = (name: string) => request(id, "events", { events: [{ seq: id, at: 1, event: { type: "vm.state", vm: { ...vm, name } } }] });
  return event("x".repeat(bytes - JSON.stringify(event("")).length));
};
const sample = encodeSample({
  generation: 1,
  at: Date.now(),
  host: new Float32Array(HOST_METRICS.length),
  vms: new Float32Array(),
  vmCount: 0,
});

test("a frame that is valid but over the limit ends the link before anything of it is taken", async () => {
  const engine = await startEngine();
  const link = await greetedLink(engine.url, await engine.enroll());
  link.send(batch(2, MOST_LIVE_FRAME_BYTES));
  expect(await link.next()).toMatchObject({ id: 2, result: { acknowledged: 2 } });
  link.send(batch(3, MOST_LIVE_FRAME_BYTES + 1));
  expect(await link.closed).toBe(CloseCode.MALFORMED);
  const identity = await engine.enroll();
  const fresh = await rawLink(engine.url, identity);
  fresh.send(request(1, "hello", hello(identity.hostId, { capabilities: ["x".repeat(MAX_FRAME_BYTES)] })));
  expect(await fresh.closed).toBe(CloseCode.MALFORMED);
  expect(engine.observer.committed.map(({ seq }) => seq)).toEqual([2]);
  expect(engine.observer.hellos).toHaveLength(1);
});

test.each([
  ["a renewal", request(2, "renew", { csr: "nonsense", padding: "x".repeat(40_000) })],
  ["a slot table", { jsonrpc: "2.0", method: "slots", params: { generation: 1, vmIds: [], padding: "x".repeat(200_000) } }],
  [
    "a slot table of more VMs than a host has",
    { jsonrpc: "2.0", method: "slots", params: { generation: 1, vmIds: Array.from({ length: MOST_VMS + 1 }, () => randomUUID()) } },
  ],
  ["progress", { jsonrpc: "2.0", method: "progress", params: { key: "x", percent: 1, padding: "x".repeat(5_000) } }],
])("%s over its own limit ends the link", async (_what, frame) => {
  const engine = await startEngine();
  const link = await greetedLink(engine.url, await engine.enroll());
  link.send(frame);
  expect(await link.closed).toBe(CloseCode.MALFORMED);
});

test("256 requests may wait for their answers, one more ends the link", async () => {
  const gate = Promise.withResolvers<number>();
  const engine = await startEngine({ observe: { events: () => gate.promise } });
  const link = await greetedLink(engine.url, await engine.enroll());
  for (let id = 2; id < 258; id++) link.send(request(id, "events", { events: [reboot(id)] }));
  link.socket.ping();
  await once(link.socket, "pong");
  expect(reasons(engine)).toEqual([]);
  link.send(request(258, "events", { events: [reboot(258)] }));
  expect(await link.closed).toBe(CloseCode.MALFORMED);
  expect(reasons(engine)).toContain("too many unanswered requests");
  gate.resolve(0);
});

test("requests that wait for their answers may hold so many bytes and no more", async () => {
  const gate = Promise.withResolvers<number>();
  const engine = await startEngine({ observe: { events: () => gate.promise } });
  const other = await engine.host();
  const identity = await engine.enroll();
  const link = await greetedLink(engine.url, identity);
  const size = 2 * 1024 * 1024;
  for (let id = 2; id < 5; id++) link.send(batch(id, size));
  link.send(batch(5, size));
  expect(await link.closed).toBe(CloseCode.MALFORMED);
  expect(reasons(engine)).toContain("too many bytes in unanswered requests");
  await expect(engine.calls.call(other.hostId, "host.vms", {})).resolves.toEqual({ vms: [] });
  gate.resolve(0);
});

test("when all hosts together hold too much, the one that holds the most has to go", () => {
  const shed: string[] = [];
  const unanswered = createUnanswered((hostId) => shed.push(hostId));
  const mebibyte = 1024 * 1024;
  const links = Array.from({ length: 64 }, (_, index) => unanswered.link(`host${index}`));
  const [greedy, ...modest] = links;
  const large = {};
  expect(greedy!.arrived(large, 5 * mebibyte)).toBeNull();
  for (const link of modest) expect(link.arrived({}, 1.9 * mebibyte)).toBeNull();
  expect(shed).toEqual([]);
  for (const link of modest.slice(0, 10)) expect(link.arrived({}, 0.5 * mebibyte)).toBeNull();
  expect(shed[0]).toBe("host0");
  expect(new Set(shed).size).toBe(shed.length);
  const count = shed.length;
  const done = greedy!.started(large);
  done();
  for (const link of modest) link.linkEnded();
  modest[40]!.arrived({}, 5 * mebibyte);
  expect(shed).toHaveLength(count);
});

test("events of a link that was replaced are not committed", async () => {
  const gate = Promise.withResolvers<void>();
  let hellos = 0;
  const engine: TestEngine = await startEngine({
    observe: {
      async hello() {
        if (++hellos === 2) await gate.promise;
        return { acknowledged: 0, statisticsIntervalMs: 1_000 };
      },
    },
  });
  const identity = await engine.enroll();
  const first = await greetedLink(engine.url, identity);
  const second = await rawLink(engine.url, identity);
  second.send(request(1, "hello", hello(identity.hostId)));
  await expect.poll(() => hellos).toBe(2);
  first.send(request(2, "events", { events: [reboot(1)] }));
  first.socket.ping();
  await once(first.socket, "pong");
  gate.resolve();
  expect(await first.closed).toBe(CloseCode.REPLACED);
  await second.next();
  second.send(request(2, "events", { events: [reboot(1)] }));
  expect(await second.next()).toMatchObject({ id: 2, result: { acknowledged: 1 } });
  expect(engine.observer.committed).toHaveLength(1);
});

test("a link ends with its certificate", async () => {
  const engine = await startEngine({ certificateLifetimeMs: 2_500 });
  const identity = await engine.enroll();
  const link = await greetedLink(engine.url, identity);
  expect(await link.closed).toBe(CloseCode.EXPIRED);
  expect(Date.now()).toBeGreaterThanOrEqual(new X509Certificate(identity.certificate).validToDate.getTime());
  expect(engine.observer.lostHosts).toHaveLength(1);
});

test("a TLS session that is resumed does not outlive its certificate", async () => {
  const engine = await startEngine({ certificateLifetimeMs: 3_000 });
  const identity = await engine.enroll();
  const { certificate: cert, key, ca } = identity;
  const { port, hostname: host } = new URL(engine.url);
  const socket = tls.connect({ host, port: Number(port), cert, key, ca });
  const [session] = (await once(socket, "session")) as [Buffer];
  socket.destroy();
  const end = new X509Certificate(cert).validToDate.getTime();
  await expect.poll(() => Date.now(), { timeout: 6_000 }).toBeGreaterThan(end);
  const resumed = tls.connect({ host, port: Number(port), cert, key, ca, session });
  await once(resumed, "secureConnect");
  expect(resumed.isSessionReused()).toBe(true);
  resumed.destroy();
  expect(await refusedDial(engine.url, { cert, key, ca, session } as object)).toBe(401);
  expect(reasons(engine)).toContain("certificate expired");
});

test("progress of a call is passed on a few times a second, however often it comes", async () => {
  const engine = await startEngine();
  const identity = await engine.enroll();
  const link = await greetedLink(engine.url, identity);
  const call = callContext();
  let told = 0;
  const suspended = engine.calls.call(
    identity.hostId,
    "vm.suspend",
    { vmId: randomUUID(), memoryPath: "/m", call },
    { onProgress: () => told++ },
  );
  const { id } = await link.next();
  const since = performance.now();
  for (let n = 0; n < 2_000; n++) link.send({ jsonrpc: "2.0", method: "progress", params: { key: call.key, percent: n % 100 } });
  link.send({ jsonrpc: "2.0", id, result: {} });
  await suspended;
  expect(told).toBeGreaterThan(0);
  expect(told).toBeLessThanOrEqual(1 + (performance.now() - since) / 100);
});

test("samples that come more often than asked are left out", async () => {
  const engine = await startEngine();
  const link = await greetedLink(engine.url, await engine.enroll());
  link.send({ jsonrpc: "2.0", method: "slots", params: { generation: 1, vmIds: [] } });
  const since = performance.now();
  for (let n = 0; n < 500; n++) link.send(sample);
  link.socket.ping();
  await once(link.socket, "pong");
  expect(engine.observer.samples.length).toBeGreaterThan(0);
  expect(engine.observer.samples.length).toBeLessThanOrEqual(5 + (2 * (performance.now() - since)) / 1_000);
});

test("a host that floods its link keeps nobody else from being served", async () => {
  const engine = await startEngine();
  const other = await engine.host();
  const flooder = await greetedLink(engine.url, await engine.enroll());
  const frame = JSON.stringify({ jsonrpc: "2.0", method: "progress", params: { key: "nobody's", percent: 1 } });
  for (let n = 0; n < 30_000; n++) flooder.socket.send(frame);
  for (let n = 0; n < 5; n++) await expect(engine.calls.call(other.hostId, "host.vms", {})).resolves.toEqual({ vms: [] });
  expect(reasons(engine)).toEqual([]);
});

test("a link is paused for as long as it has brought too much, and ended when it does not read", () => {
  const ends: string[] = [];
  let paused = 0;
  const socket = Object.assign(new EventEmitter(), { bufferedAmount: 0, pause: () => paused++, resume: () => undefined });
  const intake = limitIntake(socket as unknown as WebSocket, ({ reason }) => ends.push(reason));
  for (let n = 0; n < 4_000; n++) intake.took(100);
  expect(paused).toBe(0);
  for (let n = 0; n < 200; n++) socket.emit("ping");
  expect(paused).toBe(1);
  socket.bufferedAmount = 100 * MAX_FRAME_BYTES;
  socket.emit("ping");
  expect(ends).toEqual(["it does not read what it is sent"]);
  intake.stop();
});

test("a pace gives its burst at once and then answers how long to rest", () => {
  const pace = createPace(10, 100);
  expect(pace.take(10)).toBe(0);
  expect(pace.tryTake(10)).toBe(false);
  expect(pace.take(50)).toBeGreaterThan(300);
});
