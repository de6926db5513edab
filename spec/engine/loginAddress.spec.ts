import { request } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { Event } from "../../src/domain/event/event.ts";
import { createAttempts } from "../../src/domain/access/attempts.ts";
import { ADMIN_PASSWORD, startTestEngine, type TestEngine } from "../support/engine.ts";
import { used } from "../support/memory.ts";

const LOGIN = "mutation ($user: String!, $password: String!) { login(user: $user, password: $password) { accessToken } }";
interface Attempt {
  user: string;
  password?: string;
  /** X-Forwarded-For. */
  forwarded?: string;
}

/** Answers the code of the refusal, or "done". */
async function overHttp({ server }: TestEngine, { user, password = "wrong", forwarded }: Attempt): Promise<string> {
  const headers = { "content-type": "application/json", ...(forwarded && { "x-forwarded-for": forwarded }) };
  const sent = request({ port: server.port, host: "127.0.0.1", path: "/graphql", method: "POST", headers });
  sent.end(JSON.stringify({ query: LOGIN, variables: { user, password } }));
  const [response] = (await new Promise<unknown[]>((resolve) => sent.once("response", (...args) => resolve(args)))) as [
    NodeJS.ReadableStream,
  ];
  const { errors } = JSON.parse(await text(response));
  return errors?.[0].extensions.code ?? "done";
}

async function overWebSocket({ url }: TestEngine, { user, password = "wrong", forwarded }: Attempt): Promise<string> {
  const socket = new WebSocket(url.replace(/^http/, "ws"), "graphql-transport-ws", {
    headers: forwarded ? { "x-forwarded-for": forwarded } : {},
  });
  const messages: any[] = [];
  socket.on("message", (data: Buffer) => void messages.push(JSON.parse(data.toString())));
  await new Promise((open) => socket.once("open", open));
  socket.send(JSON.stringify({ type: "connection_init" }));
  await vi.waitFor(() => expect(messages).toHaveLength(1));
  socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: LOGIN, variables: { user, password } } }));
  await vi.waitFor(() => expect(messages.length).toBeGreaterThan(1), { timeout: 5_000 });
  socket.terminate();
  return messages[1].payload.errors?.[0].extensions.code ?? "done";
}

const WAYS = [
  ["HTTP", overHttp],
  ["a WebSocket", overWebSocket],
] as const;

describe.each(WAYS)("Log-ins over %s", (_way, attempt) => {
  test("are refused after fifty failures of an address, whatever the names and whatever it says of itself", async () => {
    const engine = await startTestEngine();
    for (let number = 0; number < 50; number++)
      expect(await attempt(engine, { user: `nobody${number}`, forwarded: `10.1.1.${number}` })).toBe("UNAUTHENTICATED");
    expect(await attempt(engine, { user: "admin", password: ADMIN_PASSWORD, forwarded: "10.2.2.2" })).toBe("RATE_LIMITED");
  });

  test("are refused after ten failures for a name, however it is written", async () => {
    const engine = await startTestEngine();
    for (const user of ["admin", "ADMIN", "admin@internal", "Admin@INTERNAL", "ａdmin", "aDmin", "adMin", "admIn", "admiN", "admin"])
      expect(await attempt(engine, { user }), user).toBe("UNAUTHENTICATED");
    expect(await attempt(engine, { user: "admin", password: ADMIN_PASSWORD })).toBe("RATE_LIMITED");
  });

  test("through a trusted proxy are counted by the client behind it", async () => {
    const engine = await startTestEngine({ trustedProxies: ["127.0.0.0/8", "10.9.0.0/16"] });
    for (let number = 0; number < 50; number++)
      await attempt(engine, { user: `nobody${number}`, forwarded: `10.1.${number}.1, 192.0.2.7, 10.9.1.1` });
    const right = { user: "admin", password: ADMIN_PASSWORD };
    expect(await attempt(engine, { ...right, forwarded: "192.0.2.7" })).toBe("RATE_LIMITED");
    expect(await attempt(engine, { ...right, forwarded: "192.0.2.8" })).toBe("done");
    expect(await attempt(engine, { ...right, forwarded: "not an address" })).toBe("done");
    const words = (await engine.engine.database.reader.findBy(Event, { name: "USER_VDC_LOGIN" })).map(({ description }) => description);
    expect(words.map((line) => /from '(.*)'/.exec(line)![1]!).toSorted()).toEqual(["127.0.0.1", "192.0.2.8"]);
  });
});

describe("Attempts", () => {
  const refused = (attempts: ReturnType<typeof createAttempts>, user: string, address: string): boolean => {
    try {
      attempts.begin(user, address);
      return false;
    } catch {
      return true;
    }
  };

  test("of one IPv6 network count together", () => {
    const attempts = createAttempts();
    for (let number = 0; number < 50; number++) expect(refused(attempts, `u${number}`, `2001:db8:0:1::${number.toString(16)}`)).toBe(false);
    expect(refused(attempts, "u", "2001:db8::1:ffff:ffff:ffff:ffff")).toBe(true);
    expect(refused(attempts, "u", "2001:db8:0:2::1")).toBe(false);
  });

  test("are forgotten after five minutes, and not counted when they succeed", () => {
    let now = 0;
    const attempts = createAttempts(() => now);
    for (let number = 0; number < 60; number++) attempts.begin("u", "192.0.2.1")();
    for (let number = 0; number < 10; number++) attempts.begin("u", "192.0.2.1");
    expect(refused(attempts, "u", "192.0.2.1")).toBe(true);
    now = 5 * 60_000 + 1;
    expect(refused(attempts, "u", "192.0.2.1")).toBe(false);
  });

  test("of any number of names and addresses take a few megabytes", () => {
    const attempts = createAttempts();
    const before = used();
    for (let number = 0; number < 200_000; number++)
      attempts.begin(`${number}`.padEnd(255, "x"), `2001:db8:${(number >> 16).toString(16)}:${(number & 0xffff).toString(16)}::1`);
    expect((used() - before) / 2 ** 20).toBeLessThan(20);
    attempts.begin("u", "192.0.2.1");
  });
});
