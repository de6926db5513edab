import { describe, expect, test } from "vitest";
import { LIMITS } from "../../src/resolvers/limits.ts";
import { startTestEngine, type Answer, type TestEngine } from "../support/engine.ts";
import { bareSocket } from "../support/engineSocket.ts";

/** The same operation over HTTP and over a WebSocket. */
async function bothWays({ url, post, login }: TestEngine, query: string, variables: object = {}): Promise<Answer["errors"][]> {
  const token = await login();
  const http = await post(query, variables as Record<string, unknown>, token);
  const bare = await bareSocket(url, { authorization: `Bearer ${token}` });
  bare.send({ id: "1", type: "subscribe", payload: { query, variables } });
  await expect.poll(() => bare.payloads.length + bare.others.filter(({ id }) => id === "1").length).toBeGreaterThan(0);
  const failure = bare.others.find(({ type }) => type === "error")?.payload;
  return [http.errors, failure ?? bare.payloads[0]?.errors];
}
const nested = (depth: number) =>
  `{ __typename ${"a: clusters(first: 1) { nodes { dataCenter { clusters { id } } } }".repeat(depth > 0 ? 0 : 1)} ${deep(depth)} }`;
const deep = (depth: number): string => `dataCenters(first: 1) { nodes { ${chain(depth)} } }`;
const chain = (depth: number): string => (depth <= 0 ? "id" : `clusters { dataCenter { ${chain(depth - 1)} } }`);

describe("Limits hold over HTTP and over a WebSocket", () => {
  const cases: [title: string, query: string, reason: string][] = [
    ["depth", nested(10), "DEPTH"],
    [
      "depth through fragments",
      `{ dataCenters { nodes { ...A } } } fragment A on DataCenter { ${chain(7)} ...B } fragment B on DataCenter { clusters { dataCenter { ${chain(6)} } } }`,
      "DEPTH",
    ],
    ["aliases", `{ ${Array.from({ length: LIMITS.aliases + 1 }, (_, index) => `a${index}: __typename`).join(" ")} }`, "ALIASES"],
    ["tokens", `{ ${"__typename ".repeat(LIMITS.tokens)} }`, "TOKENS"],
    ["cost of pages within pages", "{ hosts(first: 1000) { nodes { vms(first: 1000) { nodes { id } } } } }", "COST"],
    [
      "cost given by variables",
      "query ($first: Int = 1000) { hosts(first: $first) { nodes { vms(first: $first) { nodes { id } } } } }",
      "COST",
    ],
    [
      "fragments that multiply",
      `{ ...F0 } ${Array.from({ length: 14 }, (_, index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`).join(" ")} fragment F14 on Query { __typename }`,
      "FIELDS",
    ],
  ];
  test.each(cases)("%s", async (_title, query, reason) => {
    const engine = await startTestEngine();
    for (const errors of await bothWays(engine, query))
      expect(errors?.[0]?.extensions).toMatchObject({ code: "TOO_EXPENSIVE", reasons: [{ code: reason }] });
  });

  test("a subscription is priced too", async () => {
    const engine = await startTestEngine();
    const query =
      "subscription { changes { entity { ... on Cluster { hosts(first: 1000) { nodes { vms(first: 1000) { nodes { id } } } } } } } }";
    const [, errors] = await bothWays(engine, query);
    expect(errors?.[0]?.extensions.code).toBe("TOO_EXPENSIVE");
  });

  test("a page has a largest size", async () => {
    const engine = await startTestEngine();
    for (const page of ["first: 1001", "last: -1", "first: 1, last: 1"])
      for (const errors of await bothWays(engine, `{ users(${page}) { totalCount } }`))
        expect(errors?.[0]?.extensions, page).toMatchObject({ code: "INVALID", reasons: [{ code: "PAGE" }] });
  });

  test("a request has a largest size", async () => {
    const { url, login } = await startTestEngine();
    const body = JSON.stringify({ query: "{ __typename }", variables: { text: "x".repeat(LIMITS.body) } });
    const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    expect([response.status, await response.json()]).toMatchObject([413, { errors: [{ extensions: { code: "TOO_EXPENSIVE" } }] }]);
    const bare = await bareSocket(url, { authorization: `Bearer ${await login()}` });
    bare.socket.send(body);
    await expect.poll(() => bare.closed?.code).toBe(1009);
  });

  test("one connection may not run any number of operations", async () => {
    const { url, login } = await startTestEngine();
    const bare = await bareSocket(url, { authorization: `Bearer ${await login()}` });
    for (let id = 0; id < 201; id++)
      bare.send({ id: String(id), type: "subscribe", payload: { query: "subscription { changes { id } }" } });
    await expect.poll(() => bare.others.find(({ type }) => type === "error")?.payload[0].extensions.code).toBe("TOO_EXPENSIVE");
    expect(bare.others.filter(({ type }) => type === "error")).toHaveLength(1);
  });

  test("the price of a query and the moment it tells of are in its answer", async () => {
    const { post, login, engine } = await startTestEngine();
    const token = await login();
    const query = (first: number) => post(`{ users(first: ${first}) { nodes { id userName } } }`, {}, token);
    const [small, large] = [await query(10), await query(100)];
    expect(small.extensions).toEqual({ asOf: String(engine.journal.snapshot().cursor), cost: expect.any(Number) });
    expect(large.extensions!.cost).toBeGreaterThan(9 * small.extensions!.cost);
    expect((await post("{ __typename }")).extensions).toBeUndefined();
  });

  test("what people and tools ask is within them", async () => {
    const { post, login } = await startTestEngine();
    const token = await login();
    const { getIntrospectionQuery } = await import("graphql");
    expect((await post(getIntrospectionQuery(), {}, token)).errors).toBeUndefined();
    const vms = `{ vms(first: 100) { totalCount pageInfo { hasNextPage endCursor } nodes { id name status memory cpu { topology { sockets cores threads } } host { id name } cluster { id }
      nics { name mac { address } } diskAttachments { bootable disk { id provisionedSize actualSize status } } guestOperatingSystem { distribution } reportedDevices { ips { address version } } usage { cpuUsage memoryUsed } } } }`;
    expect((await post(vms, {}, token)).errors).toBeUndefined();
  });
});
