import { randomBytes } from "node:crypto";
import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import { expect, onTestFinished, test, vi } from "vitest";
import { CloseCode } from "../../schema/hostlink.ts";
import { encodeSample, HOST_METRICS } from "../../schema/hostlinkStatistics.ts";
import type { Identity } from "../../lab/simulated/wire.ts";
import { startEngine, type TestEngine } from "../support/hostlink.ts";
import { greetedLink } from "../support/hostlinkDial.ts";

/** Whatever was thrown at the engine's port: a host enrols, dials and is served. */
async function servesStill(engine: TestEngine): Promise<void> {
  const host = await engine.host();
  await expect(engine.calls.call(host.hostId, "host.vms", {})).resolves.toEqual({ vms: [] });
}
const portOf = (engine: TestEngine) => Number(new URL(engine.url).port);
const quiet = <S extends net.Socket>(socket: S): S => {
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  return socket;
};
const plain = (engine: TestEngine) => quiet(net.connect(portOf(engine), "127.0.0.1"));
async function secure(engine: TestEngine, identity?: Identity): Promise<tls.TLSSocket> {
  const { certificate: cert, key } = identity ?? {};
  const socket = quiet(tls.connect({ port: portOf(engine), host: "127.0.0.1", rejectUnauthorized: false, cert, key }));
  await once(socket, "secureConnect");
  return socket;
}
const UPGRADE =
  "GET /hostlink HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
/** A client's WebSocket frame, masked with zeros. */
function webSocketFrame(first: number, length: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(14);
  head[0] = first;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

test("garbage, resets and half of everything at the port harm nobody", async () => {
  const engine = await startEngine();
  for (let round = 0; round < 20; round++) {
    plain(engine).end(randomBytes(500));
    plain(engine).write("GET / HTTP/1.1\r\n\r\n");
    // The beginning of a TLS handshake, and then nothing.
    plain(engine).write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]));
    const reset = plain(engine);
    reset.once("connect", () => reset.resetAndDestroy());
  }
  for (const request of [
    "POST /enroll HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf of it",
    "POST /enroll HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "POST /enroll HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    "CONNECT evil:1 HTTP/1.1\r\nHost: x\r\n\r\n",
    `GET /${"x".repeat(100_000)} HTTP/1.1\r\n`,
    "\0\0\0\0",
    UPGRADE,
    UPGRADE.replace("/hostlink", "/%00\\u202e"),
  ]) {
    const socket = await secure(engine);
    socket.write(request);
    const cut = await secure(engine);
    cut.write(request, () => cut.destroy());
  }
  await servesStill(engine);
});

test("an enrolled host that upgrades and then sends garbage, half frames, or hangs up, harms nobody", async () => {
  const engine = await startEngine();
  const identity = await engine.enroll();
  for (const bytes of [
    randomBytes(1_000),
    webSocketFrame(0x81, 10, Buffer.from("half")),
    webSocketFrame(0x81, 2 ** 40),
    webSocketFrame(0xf1, 4, Buffer.from("{}{}")),
    webSocketFrame(0x81, 4, Buffer.from([0xff, 0xfe, 0xfd, 0xfc])),
    webSocketFrame(0x01, 4, Buffer.from("{}{}")),
    webSocketFrame(0x89, 1_000, Buffer.alloc(1_000)),
    webSocketFrame(0x88, 1, Buffer.from([1])),
  ]) {
    const socket = await secure(engine, identity);
    socket.write(UPGRADE);
    await once(socket, "data");
    socket.write(bytes);
    const cut = await secure(engine, identity);
    cut.write(Buffer.concat([Buffer.from(UPGRADE), bytes]), () => cut.destroy());
  }
  await servesStill(engine);
});

test.each([
  ["an answer of arrays within arrays", `{"jsonrpc":"2.0","id":1,"result":${"[".repeat(500_000)}${"]".repeat(500_000)}}`],
  ["an answer to nothing", `{"jsonrpc":"2.0","id":"nobody","result":{}}`],
  ["an error without end", `{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"${"x".repeat(1_000_000)}","data":{"code":"nonsense"}}}`],
  ["a prototype", `{"jsonrpc":"2.0","id":1,"result":{"__proto__":{"vms":[]},"constructor":{}}}`],
])("%s harms nobody", async (_what, text) => {
  const engine = await startEngine();
  const link = await greetedLink(engine.url, await engine.enroll());
  link.send(text);
  link.socket.ping();
  await Promise.race([once(link.socket, "pong"), link.closed]);
  await servesStill(engine);
});

test("a host whose refusals are endless texts fails its calls with a short one", async () => {
  const engine = await startEngine();
  const identity = await engine.enroll();
  const link = await greetedLink(engine.url, identity);
  const call = engine.calls.call(identity.hostId, "host.vms", {}).catch((error: unknown) => error);
  const { id } = await link.next();
  link.send({ jsonrpc: "2.0", id, result: { vms: [{ ["k".repeat(100_000)]: 1 }] } });
  expect((await call) as Error).toMatchObject({ code: "INTERNAL" });
  expect(((await call) as Error).message.length).toBeLessThan(400);
});

test("a host gets in although a thousand connections of its address say nothing", async () => {
  const engine = await startEngine();
  const silent: net.Socket[] = [];
  for (let round = 0; round < 12; round++) {
    const some = Array.from({ length: 100 }, () => plain(engine));
    await Promise.all(some.map((socket) => once(socket, "connect")));
    silent.push(...some);
  }
  await expect.poll(() => silent.filter((socket) => socket.destroyed).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(170);
  // Before those who say nothing would have been ended for their own patience.
  await vi.waitFor(() => servesStill(engine), { timeout: 12_000, interval: 200 });
});

test("a connection that never becomes a link is ended", async () => {
  const engine = await startEngine({ patienceMs: 300 });
  const host = await engine.host();
  const [never, half] = [plain(engine), await secure(engine)];
  half.write("POST /enroll HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n");
  await Promise.all([once(never, "close"), once(half, "close")]);
  expect(host.connected).toBe(true);
  await expect(engine.calls.call(host.hostId, "host.vms", {})).resolves.toEqual({ vms: [] });
});

test("a fault of the domain in taking a sample or the news of an end ends that link, and the engine goes on", async () => {
  const fault = () => {
    throw new Error("a defect");
  };
  const engine = await startEngine({ observe: { statistics: fault, lost: fault } });
  const link = await greetedLink(engine.url, await engine.enroll());
  link.send({ jsonrpc: "2.0", method: "slots", params: { generation: 1, vmIds: [] } });
  link.send(encodeSample({ generation: 1, at: 1, host: new Float32Array(HOST_METRICS.length), vms: new Float32Array(), vmCount: 0 }));
  expect(await link.closed).toBe(CloseCode.MALFORMED);
  await servesStill(engine);
  expect(engine.logged.map(({ msg }) => msg)).toEqual(
    expect.arrayContaining(["a frame could not be taken", "nobody heard that a link ended"]),
  );
});
