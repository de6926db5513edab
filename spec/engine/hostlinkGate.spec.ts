import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import tls from "node:tls";
import { expect, onTestFinished, test, vi } from "vitest";
import { createGate } from "../../src/hostlink/gate.ts";
import { startEngine } from "../support/hostlink.ts";

/** What a TLS client says first. */
async function clientHello(): Promise<Buffer> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = tls.connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  client.on("error", () => undefined);
  const [socket] = (await once(server, "connection")) as [net.Socket];
  const [hello] = (await once(socket, "data")) as [Buffer];
  client.destroy();
  server.close();
  return hello;
}

/** A port behind a gate, which sees nobody before it `opens`. */
async function gated(open = true) {
  const entered: net.Socket[] = [];
  const outside: net.Socket[] = [];
  const gate = createGate((socket) => void entered.push(socket));
  const server = net.createServer((socket) => (open ? gate(socket) : void outside.push(socket))).listen(0, "127.0.0.1");
  await once(server, "listening");
  const connect = async () => {
    const socket = net.connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => undefined);
    onTestFinished(() => void socket.destroy());
    await once(socket, "connect");
    return socket;
  };
  onTestFinished(() => void server.close());
  return { entered, outside, connect, opens: () => outside.forEach(gate) };
}

test("of hundreds who speak at the same moment a few are let in at a time, all in the end, and nobody who says nothing", async () => {
  const hello = await clientHello();
  const { entered, outside, connect, opens } = await gated(false);
  const sockets = await Promise.all(Array.from({ length: 400 }, connect));
  await Promise.all(sockets.slice(100).map((socket) => new Promise((written) => socket.write(hello, written))));
  await vi.waitFor(() => expect(outside.length).toBe(400));
  opens();
  let [most, before] = [0, 0];
  while (entered.length < 300) {
    await new Promise((resolve) => setImmediate(resolve));
    most = Math.max(most, entered.length - before);
    before = entered.length;
  }
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(16);
  expect(entered[0]!.read()).toEqual(hello);
  expect(sockets.every((socket) => !socket.destroyed)).toBe(true);
  expect(entered.length).toBe(300);
});

test.each<[string, (hello: Buffer) => Buffer]>([
  ["speaks no TLS", () => Buffer.from("GET / HTTP/1.1\r\n\r\n")],
  ["says something else than a hello", (hello) => Buffer.concat([hello.subarray(0, 5), Buffer.from([2]), hello.subarray(6)])],
  ["says its hello in several records", (hello) => Buffer.concat([hello.subarray(0, 3), Buffer.from([0, 40]), hello.subarray(5, 45)])],
  ["announces a record that is too large", (hello) => Buffer.concat([hello.subarray(0, 3), Buffer.from([0xff, 0xff]), hello.subarray(5)])],
  ["goes away in the middle", (hello) => hello.subarray(0, 100)],
])("who %s is not let in, and his connection ends", async (what, change) => {
  const { entered, connect } = await gated();
  const socket = await connect();
  socket.resume();
  const sent = change(await clientHello());
  if (what.startsWith("goes away")) socket.end(sent);
  else socket.write(sent);
  await once(socket, "close");
  expect(entered).toEqual([]);
});

test("a host whose bytes come one by one is let in", async () => {
  const engine = await startEngine();
  const { port } = new URL(engine.url);
  const middle = net.createServer((near) => {
    const far = net.connect(Number(port), "127.0.0.1").setNoDelay(true);
    for (const socket of [near, far]) socket.on("error", () => undefined);
    far.pipe(near);
    let before = Promise.resolve();
    near.on("data", (data: Buffer) => {
      for (const byte of data.length > 3_000 ? [data] : Array.from(data, (one) => Buffer.from([one])))
        before = before.then(() => new Promise((written) => far.write(byte, () => written())));
    });
    onTestFinished(() => [near, far].forEach((socket) => socket.destroy()));
  });
  middle.listen(0, "127.0.0.1");
  await once(middle, "listening");
  onTestFinished(() => void middle.close());
  const socket = tls.connect({ port: (middle.address() as AddressInfo).port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  expect(String((await once(socket, "data"))[0])).toContain("404");
});
