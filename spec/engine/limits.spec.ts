import { setTimeout as passing } from "node:timers/promises";
import { SelectQueryBuilder } from "typeorm";
import { describe, expect, test, vi } from "vitest";
import { startTestEngine, type Answer, type TestEngine } from "../support/engine.ts";
import { auditEvent } from "../../src/domain/event/codes.ts";
import { SPEC_ORIGIN } from "../support/database.ts";
import { addVms, seeded } from "../support/engineRows.ts";
import { bareSocket } from "../support/engineSocket.ts";

/** The same operation over HTTP and over a WebSocket. */
async function bothWays({ url, post, login }: TestEngine, query: string, variables: object = {}): Promise<Answer["errors"][]> {
  const token = await login();
  const http = await post(query, variables as Record<string, unknown>, token);
  const bare = await bareSocket(url, { authorization: `Bearer ${token}` });
  bare.send({ id: "1", type: "subscribe", payload: { query, variables } });
  await expect.poll(() => bare.payloads.length + bare.others.filter(({ id }) => id === "1").length, { timeout: 20_000 }).toBeGreaterThan(0);
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
    ["aliases", `{ ${Array.from({ length: 101 }, (_, index) => `a${index}: __typename`).join(" ")} }`, "ALIASES"],
    ["tokens", `{ ${"__typename ".repeat(1_999)} }`, "TOKENS"],
    ["the length of a document", `{ __typename } # ${"x".repeat(100_000)}`, "DOCUMENT"],
    ["fields of one name", `{ ${"__typename ".repeat(1_900)} }`, "OVERLAPS"],
    ["fields of one name within others", `{ ${"vms { nodes { name } } ".repeat(150)} }`, "OVERLAPS"],
    ["fields of one name with long arguments", `{ ${`users(search: "${"x".repeat(900)}") { totalCount } `.repeat(80)} }`, "OVERLAPS"],
    [
      "fields of one name through fragments",
      `{ ${"vms { totalCount ...F } ".repeat(80)} } fragment F on VmConnection { ${"totalCount ".repeat(80)} }`,
      "OVERLAPS",
    ],
    ["cost of pages within pages", "{ hosts(first: 1000) { nodes { vms(first: 1000) { nodes { id } } } } }", "COST"],
    ["cost of pages from the back", "{ hosts(last: 1000) { nodes { vms(last: 1000) { nodes { id } } } } }", "COST"],
    ["cost of pages from the back within default ones", "{ hosts { nodes { vms(last: 1000) { nodes { id name status } } } } }", "COST"],
    [
      "cost of the introspection, again and again",
      `{ ${Array.from({ length: 20 }, (_, index) => `a${index}: __schema { types { name fields { name args { name type { name } } type { name ofType { name } } } } }`).join(" ")} }`,
      "COST",
    ],
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

  /** What has so much of it, and the most that is taken: written here, so that who moves a limit moves it in two places. */
  const exact: [reason: string, most: number, query: (size: number) => string, variables?: (size: number) => object][] = [
    [
      "DEPTH",
      15,
      (size) =>
        `{ dataCenters(first: 1) { nodes { ${size % 2 === 1 ? chain((size - 3) / 2) : chain((size - 4) / 2).replace(/\bid\b/, "dataCenter { id }")} } } }`,
    ],
    ["ALIASES", 100, (size) => `{ ${Array.from({ length: size }, (_, index) => `a${index}: __typename`).join(" ")} }`],
    ["TOKENS", 2_000, (size) => `{ ${"__typename ".repeat(size - 2)} }`],
    ["DOCUMENT", 100_000, (size) => `{ __typename } #${"x".repeat(size - 16)}`],
    ["DOCUMENT", 100_000, (size) => `{ __typename } #${"é".repeat((size - 16) >> 1)}${"x".repeat(size % 2)}`],
    [
      "VARIABLES",
      10_000,
      () => "query ($ids: [ID!]) { __typename @skip(if: false) }",
      (size) => ({ ids: Array.from({ length: size - 1 }, String) }),
    ],
    ["OVERLAPS", 100, (size) => `{ ${"__typename ".repeat(size)} }`],
    // 1 + hosts x (2 + 2 x VMs) fields.
    ["COST", 99, (size) => `{ hosts(first: ${size === 99 ? 999 : 1_000}) { nodes { vms(first: 99) { nodes { id } } } } }`],
  ];
  test.each(exact)("%s to the unit: %i and no more", async (reason, most, query, variables = () => ({})) => {
    const engine = await startTestEngine();
    const reasonsOf = async (size: number) =>
      (await bothWays(engine, query(size), variables(size))).map(
        (errors) => errors?.[0]?.extensions.reasons?.map(({ code }) => code) ?? [],
      );
    for (const reasons of await reasonsOf(most)) expect(reasons).not.toContain(reason);
    for (const reasons of await reasonsOf(most + 1)) expect(reasons).toEqual([reason]);
  });

  test("before log-in a request may hold 16 KiB and 200 tokens, over HTTP as over a WebSocket, and after it 1 MiB", async () => {
    const { url, login } = await startTestEngine();
    const token = await login();
    const send = async (query: string, bytes: number, headers: object = {}) => {
      const body = (text: string) => JSON.stringify({ query, variables: { text } });
      const text = body("x".repeat(Math.max(0, bytes - body("").length)));
      const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: text });
      const { errors } = (await response.json()) as Answer;
      return errors?.[0]?.extensions.code ?? "taken";
    };
    expect([await send("{ __typename }", 16_384), await send("{ __typename }", 16_385)]).toEqual(["taken", "TOO_EXPENSIVE"]);
    const authorization = { authorization: `Bearer ${token}` };
    expect([await send("{ __typename }", 1_048_576, authorization), await send("{ __typename }", 1_048_577, authorization)]).toEqual([
      "taken",
      "TOO_EXPENSIVE",
    ]);
    const aliased = Array.from({ length: 66 }, (_, index) => `a${index}: __typename`).join(" ");
    expect([await send(`{ ${aliased} }`, 0), await send(`{ ${aliased} __typename }`, 0)]).toEqual(["taken", "UNAUTHENTICATED"]);
  });

  test("values in variables", async () => {
    const engine = await startTestEngine();
    const query = "subscription ($ids: [ID!]) { changes(ids: $ids) { id } }";
    const wide = Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`k${index}`, 1]));
    const lists = Array.from({ length: 5_001 }, () => [1]);
    for (const ids of [Array.from({ length: 10_001 }, String), wide, lists])
      for (const errors of await bothWays(engine, query, { ids }))
        expect(errors?.[0]?.extensions).toMatchObject({ code: "TOO_EXPENSIVE", reasons: [{ code: "VARIABLES" }] });
    const [, errors] = await bothWays(engine, "query ($ids: [ID!]) { __typename @skip(if: false) }", {
      ids: Array.from({ length: 9_999 }, String),
    });
    expect(errors?.[0]?.extensions.code).toBe("INVALID");
  });

  test("a subscription is priced too", async () => {
    const engine = await startTestEngine();
    const query =
      "subscription { changes { entity { ... on Cluster { hosts(first: 1000) { nodes { vms(first: 1000) { nodes { id } } } } } } } }";
    const [, errors] = await bothWays(engine, query);
    expect(errors?.[0]?.extensions.code).toBe("TOO_EXPENSIVE");
  });

  test("a search is priced by its conditions and the rows there are, and lists of one request add up", async () => {
    const engine = await startTestEngine();
    const cluster = await seeded(engine);
    for (let batch = 0; batch < 10; batch++)
      await addVms(
        engine,
        cluster.id,
        Array.from({ length: 500 }, (_, index) => ({ name: `v${batch}-${index}` })),
      );
    const token = await engine.login();
    const cost = async (query: string) => (await engine.post(query, {}, token)).extensions?.cost;
    expect(await cost("{ vms(first: 1) { totalCount } }")).toBeLessThan(10);
    expect(await cost('{ vms(first: 1, search: "memory > 1") { totalCount } }')).toBeGreaterThanOrEqual(5_000);
    expect(await cost('{ vms(first: 1, search: "memory > 1 or memory > 2 and memory > 3") { totalCount } }')).toBeGreaterThanOrEqual(
      15_000,
    );
    expect(
      await cost('{ a: vms(first: 1, search: "memory > 1") { totalCount } b: vms(first: 1, search: "memory > 1") { totalCount } }'),
    ).toBeGreaterThanOrEqual(10_000);
    expect(await cost("{ vms(first: 1, orderBy: { field: CREATION }) { totalCount } }")).toBeGreaterThanOrEqual(5_000);
    const many = (conditions: number) => Array.from({ length: conditions }, () => "id = x").join(" ");
    const within = await cost(`{ vms(first: 1, search: "${many(199)}") { totalCount } }`);
    expect([within! >= 995_000, within! <= 1_000_000]).toEqual([true, true]);
    const long = many(200);
    for (const errors of await bothWays(engine, `{ vms(first: 1, search: "${long}") { totalCount } }`))
      expect(errors?.[0]?.extensions).toMatchObject({ code: "TOO_EXPENSIVE", reasons: [{ code: "COST" }] });
    for (const errors of await bothWays(engine, `subscription { vmStatistics(search: "${long}") { at } }`))
      expect(errors?.[0]?.extensions.code).toMatch(/TOO_EXPENSIVE|INVALID/);
  });

  test("what turns out to be more than it was priced is stopped", async () => {
    const engine = await startTestEngine();
    const cluster = await seeded(engine);
    await engine.engine.unitOfWork.run(SPEC_ORIGIN, (tx) => {
      const { id: _id, version: _version, ...row } = cluster;
      for (let index = 0; index < 60; index++) tx.insert("Cluster", { ...row, name: `c${index}` });
    });
    // A plain list within itself: sixty times sixty times sixty.
    const cubed =
      "{ dataCenters(first: 1) { nodes { clusters { dataCenter { clusters { dataCenter { clusters { dataCenter { clusters { id } } } } } } } } } }";
    for (const errors of await bothWays(engine, cubed))
      expect(errors?.[0]?.extensions).toMatchObject({ code: "TOO_EXPENSIVE", reasons: [{ code: "COST" }] });
    // A short page of a long list, once for each of many.
    await addVms(
      engine,
      cluster.id,
      Array.from({ length: 1_500 }, (_, index) => ({ name: `v${index}` })),
    );
    for (const errors of await bothWays(engine, "{ vms(first: 1000) { nodes { cluster { vms(first: 1) { nodes { id } } } } } }"))
      expect(errors?.[0]?.extensions).toMatchObject({ code: "TOO_EXPENSIVE", reasons: [{ code: "COST" }] });
    expect(engine.defects).toEqual([]);
  });

  test("of the history an operation looks at 50,000 rows: then its pages end early", async () => {
    const engine = await startTestEngine();
    await engine.engine.unitOfWork.run(SPEC_ORIGIN, (tx) => {
      for (let index = 0; index < 600; index++) tx.event(auditEvent("VDC_START", `Start ${index}.`));
    });
    // Two reads of 500 rows each, or what counts as such.
    const pages = Array.from(
      { length: 95 },
      (_, index) => `a${index}: events(first: 1, search: "message = no") { pageInfo { hasNextPage } }`,
    );
    let looked = 0;
    // Slow reads, so that all are under way at the same time.
    const { getMany } = SelectQueryBuilder.prototype;
    const reads = vi.spyOn(SelectQueryBuilder.prototype, "getMany").mockImplementation(async function (this: SelectQueryBuilder<object>) {
      looked += this.expressionMap.limit ?? 0;
      await passing(20);
      return getMany.call(this);
    });
    const answers = await engine.ask(`{ ${pages.join(" ")} }`);
    reads.mockRestore();
    expect(looked).toBe(50_000);
    // Some had their second read before others had their first.
    const whole = Object.values(answers).filter(({ pageInfo }) => !pageInfo.hasNextPage).length;
    expect(whole).toBeGreaterThanOrEqual(5);
    expect(whole).toBeLessThanOrEqual(50);
  });

  test("a page has a largest size", async () => {
    const engine = await startTestEngine();
    for (const page of ["first: 1001", "last: -1", "first: 1, last: 1"])
      for (const errors of await bothWays(engine, `{ users(${page}) { totalCount } }`))
        expect(errors?.[0]?.extensions, page).toMatchObject({ code: "INVALID", reasons: [{ code: "PAGE" }] });
  });

  test("a request has a largest size", async () => {
    const { url, login } = await startTestEngine();
    const body = JSON.stringify({ query: "{ __typename }", variables: { text: "x".repeat(1_048_576) } });
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
    const batch = Array.from(
      { length: 90 },
      (_, index) => `a${index}: startVm(id: "${index}") { vm { id name status } job { id status } }`,
    );
    const codes = (await post(`mutation { ${batch.join(" ")} }`, {}, token)).errors?.map(({ extensions }) => extensions.code);
    expect(new Set(codes)).toEqual(new Set(["NOT_FOUND"]));
    const kinds = ["DataCenter", "Cluster", "Host", "Template", "StorageDomain", "Network", "VnicProfile", "Vm", "Disk", "Nic"];
    const union = kinds.map((kind) => `... on ${kind} { id version name }`).join(" ");
    expect((await post(`query ($id: ID!) { node(id: $id) { ${union} } }`, { id: "none" }, token)).errors).toBeUndefined();
    const conditional = "query ($with: Boolean!) { users { totalCount @include(if: $with) nodes @skip(if: $with) { id } } }";
    expect((await post(conditional, { with: true }, token)).data).toEqual({ users: { totalCount: 1 } });
  });
});
