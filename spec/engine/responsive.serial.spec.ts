import { once } from "node:events";
import { randomUUID } from "node:crypto";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, inject, test, vi } from "vitest";
import { WebSocket } from "ws";
import { graphqlClient } from "../../lab/graphql.ts";
import { startProcess } from "../support/process.ts";

const POLL_MS = 20;
/** The aim is 100 ms; machines that run specs are busy. */
const BOUND_MS = 750;

/** Asks `/healthz` every so often until `done`; answers the longest that it took, ms. */
async function longestAnswer(url: string, done: Promise<unknown>): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  let longest = 0;
  const over = new AbortController();
  void done.finally(() => over.abort()).catch(() => undefined);
  while (!over.signal.aborted) {
    const asked = performance.now();
    const [response] = await once(get(new URL("/healthz", url), { agent }), "response");
    response.resume();
    await once(response, "end");
    longest = Math.max(longest, performance.now() - asked);
    await sleep(POLL_MS);
  }
  agent.destroy();
  return longest;
}

const repeat = (times: number, write: (index: number) => string) => Array.from({ length: times }, (_, index) => write(index)).join(" ");
const FIELDS = "id name status memory description comment creationTime cpu { topology { sockets cores threads } }";

test("Nothing that somebody may ask keeps /healthz from being answered", { timeout: 300_000 }, async () => {
  const engine = startProcess("./frontProcess.ts", [join(inject("specFolder"), randomUUID()), "10000", "20000"]);
  await vi.waitFor(() => expect(engine.output()).toContain("\n"), { timeout: 120_000, interval: 100 });
  const { url, password } = JSON.parse(engine.output());
  const client = graphqlClient(url, { user: "admin", password });
  const token = await client.accessToken();
  const body = async (query: string, variables: object = {}) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    const response = await fetch(new URL("/graphql", url), { method: "POST", headers, body: JSON.stringify({ query, variables }) });
    return response.text();
  };
  const post = async (query: string, variables: object = {}) => {
    const text = await body(query, variables);
    const refused = /"code":"(\w+)"/.exec(text)?.[1];
    return { bytes: text.length, ...(refused && { refused }) };
  };
  const raw = async (text: string) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    return (await fetch(new URL("/graphql", url), { method: "POST", headers, body: text })).status;
  };
  const open = async () => {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/graphql`, "graphql-transport-ws");
    let messages = 0;
    socket.on("message", () => (messages += 1));
    await once(socket, "open");
    socket.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${token}` } }));
    await vi.waitFor(() => expect(messages).toBe(1), { timeout: 10_000 });
    return { send: (message: object) => socket.send(JSON.stringify(message)), count: () => messages, close: () => socket.terminate() };
  };
  /** Many different subscriptions on one connection, until they have told so many things together. */
  const subscribed = async (query: (index: number) => string, times: number, messages: number) => {
    const socket = await open();
    const before = socket.count();
    for (let index = 0; index < times; index++) socket.send({ id: String(index), type: "subscribe", payload: { query: query(index) } });
    await vi.waitFor(() => expect(socket.count() - before).toBeGreaterThanOrEqual(messages), { timeout: 60_000 });
    socket.close();
    return { messages };
  };
  const cursor = async () => /"asOf":"(\d+)"/.exec(await body("{ __typename }"))![1]!;

  const many = (times: number, work: () => Promise<unknown>) => Promise.all(Array.from({ length: times }, work)).then(([first]) => first);
  const conditions = repeat(95, (index) => `name != x${index} and`);
  const cases: Record<string, () => Promise<unknown>> = {
    "a page of a thousand rows with all their fields": () =>
      post(`{ vms(first: 1000) { nodes { ${repeat(14, (i) => `a${i}: description`)} ${FIELDS} } } }`),
    "the same thirty times at once": () => many(30, () => post(`{ vms(first: 1000) { nodes { ${FIELDS} } } }`)),
    "pages within pages": () => post(`{ hosts(first: 200) { nodes { name vms(first: 100) { nodes { id name status } } } } }`),
    "lists within lists": () => post("{ clusters { nodes { dataCenter { clusters { dataCenter { clusters { networks { id } } } } } } } }"),
    "a short page of a long list, again and again": () =>
      post("{ vms(first: 80) { nodes { cluster { vms(first: 1) { nodes { id } } } } } }"),
    "long searches over all rows": () => post(`{ vms(first: 1, search: "${conditions} name = x") { totalCount } }`),
    "free words": () => post(`{ ${repeat(3, (i) => `a${i}: vms(first: 1, search: "zzz yyy${i}") { totalCount }`)} }`),
    patterns: () => post(`{ vms(first: 1, search: "description = ${"x*".repeat(100)}y") { totalCount } }`),
    "orders without an index": () => post(`{ ${repeat(99, (i) => `a${i}: vms(first: 1, orderBy: { field: CREATION }) { totalCount }`)} }`),
    "searches through references": () => post(`{ ${repeat(20, (i) => `a${i}: hosts(search: "vm = x${i}") { totalCount }`)} }`),
    "a history in which there is nothing to be found": () => post('{ events(first: 1, search: "no such thing") { nodes { id } } }'),
    "the same by a hundred aliases": () =>
      post(`{ ${repeat(100, (i) => `a${i}: events(first: 1, search: "no such thing ${i}") { nodes { id } }`)} }`),
    "a hundred pages of the history": () => post(`{ ${repeat(95, (i) => `a${i}: events(first: 1000) { nodes { id } }`)} }`),
    "a hundred pages of jobs": () => post(`{ ${repeat(60, (i) => `a${i}: jobs(first: 500) { nodes { id } }`)} }`),
    "the introspection": () =>
      many(10, () => post("{ __schema { types { name fields { name args { name type { name } } type { name ofType { name } } } } } }")),
    "documents that are expensive to validate": () =>
      many(20, () =>
        post(
          `{ ${"vms { nodes { name } } ".repeat(57)} ${repeat(20, (i) => `...F${i}`)} } ${repeat(20, (i) => `fragment F${i} on Query { __typename }`)} # ${Math.random()}`,
        ),
      ),
    "documents that are not valid": () => many(20, () => post(`{ ${repeat(1_800, (i) => `storageDomainz${i}`)} # ${Math.random()}\n }`)),
    "fields of one name": () => many(20, () => post(`{ ${"__typename ".repeat(1_900)} # ${Math.random()}\n }`)),
    "many values": () =>
      many(20, () =>
        post("query ($ids: [ID!]) { vm(id: $ids) { id } }", { ids: Array.from({ length: 9_990 }, (_, i) => `${i}`.padEnd(90, "x")) }),
      ),
    "too many values": () =>
      many(10, () => post("query ($ids: [ID!]) { vm(id: $ids) { id } }", { ids: Array.from({ length: 100_000 }, String) })),
    "a deep body": () => many(10, () => raw(`{"query":"{ __typename }","variables":${'{"a":'.repeat(90_000)}1${"}".repeat(90_000)}}`)),
    passwords: () =>
      many(20, () =>
        post(
          `mutation { addUser(input: { userName: "u${randomUUID().slice(0, 8)}", password: "a long password", roles: ["UserRole"] }) { user { id } } }`,
        ),
      ),
    "a large commit told to many different subscriptions": async () => {
      const after = await cursor();
      engine.child.stdin!.write("commit\n");
      const query = (index: number) =>
        `subscription { changes(kinds: [Vm], after: "${after}") { a${index}: id entity { ... on Vm { ${FIELDS} } } } }`;
      return subscribed(query, 50, 50 * 1_000);
    },
    "frames of all statistics for many different subscriptions": () =>
      subscribed(
        (index) => `subscription { vmStatistics(intervalMs: 1000) { a${index}: at vms { vmId cpuUsage memoryUsed } } }`,
        20,
        20 * 4,
      ),
  };
  const figures: Record<string, string> = {};
  for (const [title, work] of Object.entries(cases)) {
    const began = performance.now();
    const done = work();
    const longest = await longestAnswer(url, done);
    figures[title] = `${longest.toFixed(0)} ms of ${(performance.now() - began).toFixed(0)} ms ${JSON.stringify(await done)}`;
  }
  console.log(figures);
  for (const [title, figure] of Object.entries(figures)) expect(Number.parseInt(figure), title).toBeLessThan(BOUND_MS);
  expect(engine.child.exitCode).toBeNull();
});
