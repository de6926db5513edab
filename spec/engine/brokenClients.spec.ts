import { randomBytes } from "node:crypto";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { startTestEngine } from "../support/engine.ts";
import { bareSocket } from "../support/engineSocket.ts";
import { rawConnection, upgradeHead } from "../support/rawHttp.ts";

/** What would end the process, had it no listener here. */
function fatalities(): unknown[] {
  const seen: unknown[] = [];
  const note = (error: unknown) => seen.push(error);
  process.on("uncaughtException", note).on("unhandledRejection", note);
  onTestFinished(() => void process.off("uncaughtException", note).off("unhandledRejection", note));
  return seen;
}

async function start() {
  const fatal = fatalities();
  const engine = await startTestEngine();
  const { port } = engine.server;
  const health = () => fetch(new URL("/healthz", engine.url));
  /** Resolves when the engine has seen what was sent to it before: it answers whoever comes later. */
  const seen = async () => {
    for (let round = 0; round < 3; round++) await (await health()).text();
  };
  const lives = async () => {
    await seen();
    const response = await health();
    expect([response.status, fatal, engine.defects]).toEqual([200, [], []]);
  };
  return { ...engine, port, seen, lives };
}

describe("The HTTP port survives", () => {
  test("an upgrade of any target, and answers 404 where there is nothing", async () => {
    const { port, lives } = await start();
    for (const target of ["//", "http://", "///graphql", "*", "/%", "http://[", "/elsewhere", "/graphql/", "", "http://engine/graphql"]) {
      const { ended } = await rawConnection(port, upgradeHead(target));
      expect(await ended, target).toMatch(/^HTTP\/1\.1 4\d\d /);
    }
    await lives();
  });

  test("an upgrade that is reset, to whatever path", async () => {
    const { port, lives } = await start();
    for (let round = 0; round < 20; round++)
      for (const target of ["/graphql", "/elsewhere"]) (await rawConnection(port, upgradeHead(target))).reset();
    await lives();
  });

  test("a request for an upgrade that is none", async () => {
    const { port, lives } = await start();
    const bad = ["Sec-WebSocket-Extensions: permessage-deflate; \u0001", "Sec-WebSocket-Protocol: ,,", "Origin: x\u0000y"];
    for (const line of bad) (await rawConnection(port, upgradeHead("/graphql", line))).reset();
    const post = await rawConnection(port, upgradeHead("/graphql").replace("GET", "POST"));
    expect(await post.ended).toMatch(/^HTTP\/1\.1 4\d\d /);
    await lives();
  });

  test("garbage, half requests, and connections that are reset in the middle of a body", async () => {
    const { port, seen, lives } = await start();
    const body = "POST /graphql HTTP/1.1\r\nHost: engine\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{";
    const chunked = "POST /graphql HTTP/1.1\r\nHost: engine\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n";
    for (const bytes of [
      randomBytes(4_096).toString("latin1"),
      "GET",
      "GET / HTTP/9.9\r\n\r\n",
      `GET /${"x".repeat(100_000)}`,
      "\r\n".repeat(1_000),
      body,
      chunked,
    ]) {
      const connection = await rawConnection(port, bytes);
      await seen();
      connection.reset();
    }
    const { ended } = await rawConnection(port, `GET / HTTP/1.1\r\nHost: engine\r\nX: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(await ended).toMatch(/^HTTP\/1\.1 431 /);
    await lives();
  });

  test("frames that are no WebSocket frames", async () => {
    const { port, seen, lives } = await start();
    for (const frame of [
      "\xff\xff\xff\xff",
      "\x81\x05hello",
      "\x01\x80\0\0\0\0",
      "\x89\xfe\xff\xff",
      randomBytes(2_000).toString("latin1"),
    ]) {
      const connection = await rawConnection(port, upgradeHead("/graphql"));
      await vi.waitFor(() => expect(connection.received()).toMatch(/^HTTP\/1\.1 101 /));
      connection.socket.write(frame, "latin1");
      await seen();
      connection.reset();
    }
    await lives();
  });
});

describe("Before log-in, a WebSocket", () => {
  test("may not send a large message, whole or in pieces", async () => {
    const { url, port, seen, lives } = await start();
    const whole = await bareSocket(url);
    whole.socket.send(JSON.stringify({ type: "connection_init", payload: { x: "x".repeat(16_384) } }));
    await vi.waitFor(() => expect(whole.closed?.code).toBe(1009));
    const acknowledged = await bareSocket(url, {});
    acknowledged.socket.send(JSON.stringify({ type: "ping", payload: { x: "x".repeat(16_384) } }));
    await vi.waitFor(() => expect(acknowledged.closed?.code).toBe(1009));
    // A frame of a million bytes of which ever more come.
    const slow = await rawConnection(port, upgradeHead("/graphql"));
    await vi.waitFor(() => expect(slow.received()).toMatch(/^HTTP\/1\.1 101 /));
    slow.socket.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40, 1, 2, 3, 4]));
    for (let sent = 0; sent < 5 && !slow.socket.destroyed; sent++) {
      slow.socket.write(Buffer.alloc(8_192));
      await seen();
    }
    await slow.ended;
    await lives();
  });

  test("is one of two hundred of its address; whoever logs in makes room", async () => {
    const { url, port, login, lives } = await start();
    const token = await login();
    const sockets = await Promise.all(Array.from({ length: 200 }, () => bareSocket(url)));
    const refused = await rawConnection(port, upgradeHead("/graphql"));
    expect(await refused.ended).toMatch(/^HTTP\/1\.1 429 /);
    const [first, second] = sockets;
    first!.send({ type: "connection_init", payload: { authorization: `Bearer ${token}` } });
    await vi.waitFor(() => expect(first!.others).toMatchObject([{ type: "connection_ack" }]));
    await bareSocket(url);
    second!.socket.terminate();
    await vi.waitFor(async () => void (await bareSocket(url)));
    await lives();
  });

  test("runs a few operations at a time, and one that was completed still counts", async () => {
    const { url, defects } = await start();
    const bare = await bareSocket(url, {});
    const login = 'mutation { login(user: "nobody", password: "wrong password") { accessToken } }';
    for (let id = 0; id < 10; id++) bare.send({ id: String(id), type: "subscribe", payload: { query: login } });
    bare.send({ type: "ping" });
    await vi.waitFor(() => expect(bare.others).toContainEqual({ type: "pong" }));
    for (let id = 0; id < 10; id++) bare.send({ id: String(id), type: "complete" });
    bare.send({ id: "last", type: "subscribe", payload: { query: "{ __typename }" } });
    await vi.waitFor(() => expect(bare.others.find(({ type }) => type === "error")?.payload[0].extensions.code).toBe("TOO_EXPENSIVE"));
    await vi.waitFor(async () => {
      bare.send({ id: "later", type: "subscribe", payload: { query: "{ __typename }" } });
      await vi.waitFor(() => expect(bare.payloads).toContainEqual({ data: { __typename: "Query" } }), { timeout: 100 });
    });
    expect(defects).toEqual([]);
  });
});
