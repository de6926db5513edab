import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileSearch } from "../../src/domain/inventory/search/search.ts";
import { textTest } from "../../src/domain/inventory/search/value.ts";
import { SPEC_ORIGIN } from "../support/database.ts";
import { startTestEngine } from "../support/engine.ts";
import { addHosts, addVms, seeded } from "../support/engineRows.ts";

const GIB = 2 ** 30;

async function furnished() {
  const engine = await startTestEngine();
  const cluster = await seeded(engine);
  const [h1, h2] = await addHosts(engine, cluster.id, [
    { name: "h1", address: "10.0.0.1" },
    { name: "h2", status: "MAINTENANCE" },
  ]);
  await addVms(engine, cluster.id, [
    {
      name: "web1",
      fqdn: "web1.example.org",
      status: "UP",
      hostId: h1!.id,
      memory: GIB,
      reportedDevices: [{ name: "eth0", mac: { address: "52:54:00:00:00:01" }, ips: [{ address: "192.168.1.7", version: "V4" }] }],
    },
    { name: "web2", status: "POWERING_UP", hostId: h2!.id, memory: 2 * GIB, comment: 'said "hello"' },
    { name: "db1", status: "DOWN", memory: 4 * GIB, creationTime: new Date("2020-05-01T12:00:00Z") },
    { name: "Mail", status: "DOWN", memory: 8 * GIB, description: "a BIG one" },
  ]);
  const find = async (search: string, kind = "vms") => {
    const data = await engine.ask<any>(`query ($search: String) { found: ${kind}(search: $search) { totalCount nodes { name } } }`, {
      search,
    });
    expect(data.found.totalCount).toBeGreaterThanOrEqual(data.found.nodes.length);
    return data.found.nodes.map(({ name }: { name: string }) => name).join(" ");
  };
  return { ...engine, cluster, find };
}

describe("oVirt's search language", () => {
  // Times are UTC wherever the engine is.
  const zone = process.env["TZ"];
  beforeAll(() => void (process.env["TZ"] = "America/St_Johns"));
  afterAll(() => void (zone === undefined ? delete process.env["TZ"] : (process.env["TZ"] = zone)));

  test("finds VMs", async () => {
    const { find } = await furnished();
    const cases: [search: string, found: string][] = [
      ["", "Mail db1 web1 web2"],
      ["Vms:", "Mail db1 web1 web2"],
      ["web", "web1 web2"],
      ["web1", "web1"],
      ["name = web*", "web1 web2"],
      ["NAME = WEB1", "web1"],
      ["Vms: status = up", "web1"],
      ["vms: status = powering_up", "web2"],
      ["status = poweringup", "web2"],
      ["status != down", "web1 web2"],
      ["status = power*", "web2"],
      ["name = web1 or name = db1", "db1 web1"],
      ["name = web* and status = up", "web1"],
      ["web status = up", "web1"],
      ["(name = web1 or name = db1) and memory >= 2048", "db1"],
      ["name = web1 or name = db1 and memory >= 2048", "db1 web1"],
      ["memory > 2048", "Mail db1"],
      ["memory = 2GiB", "web2"],
      ["memory <= 1g", "web1"],
      ["host = h1", "web1"],
      ["hosts.name = h1", "web1"],
      ["host.status = maintenance", "web2"],
      ["host != h1", "Mail db1 web2"],
      ["on_host = h2", "web2"],
      ["cluster = Default and datacenter = default", "Mail db1 web1 web2"],
      ["template = Blank sortby name desc", "web2 web1 db1 Mail"],
      ["ip = 192.168.1.*", "web1"],
      ["vcpus = 2 and web1", "web1"],
      ["creationdate < 2021-01-01", "db1"],
      ["creationdate = 2020-05-01", "db1"],
      ["creationdate > 2020-05-01T12:00:00Z and creationdate = today", "Mail web1 web2"],
      ["creationdate = 2020-05-01T12:00", "db1"],
      ['creationdate >= "2020-05-01 12:00:00" and creationdate < 2020-05-01T12:00:01', "db1"],
      ["creationdate < 2020-05-01T12:00", ""],
      ["creationdate = 2020-05-01T14:00+02:00", "db1"],
      ["creationdate = 2020-05-01T17:30+0530", "db1"],
      ["192.168.1.7", "web1"],
      ["168.1", "web1"],
      ["hello", "web2"],
      ["web1.example", "web1"],
      ["big one", "Mail"],
      ["h2", "web2"],
      ['comment = "said \\"hello\\""', "web2"],
      ['name = "web1"', "web1"],
      ["sortby memory desc", "Mail db1 web2 web1"],
      ["Vms: status = down sortby memory", "db1 Mail"],
      ["nothing", ""],
    ];
    for (const [search, found] of cases) expect(await find(search), search).toBe(found);
  });

  test("finds the other kinds", async () => {
    const { find, ask, engine } = await furnished();
    expect(await find("Hosts: status = up and cluster = Default", "hosts")).toBe("h1");
    expect(await find("vm = web*", "hosts")).toBe("h1 h2");
    expect(await find("vms.status = up", "hosts")).toBe("h1");
    expect(await find("10.0.0.1 h1", "hosts")).toBe("h1");
    expect(await find("default cluster", "clusters")).toBe("Default");
    const [id] = [...engine.journal.snapshot().all("Host")].map((host) => host.id);
    expect(await find(id!, "hosts")).toBe("");
    expect(await find(`id = ${id}`, "hosts")).toMatch(/^h[12]$/);
    expect(await find("active_vms = 1 and address = 10.0.0.1 and name = h1", "hosts")).toBe("h1");
    expect(await find("Clusters: host = h1", "clusters")).toBe("Default");
    expect(await find("Datacenters: cluster = Default and network = ovirtmgmt", "dataCenters")).toBe("Default");
    expect(await find("Templates: childcount > 3", "templates")).toBe("Blank");
    expect(await find("Networks: mtu = 1500 and required = true", "networks")).toBe("ovirtmgmt");
    const { users } = await ask('{ users(search: "Users: usrname = admin* and role = SuperUser") { nodes { userName } } }');
    expect(users.nodes).toHaveLength(1);
    const event = {
      id: "1",
      code: 30,
      severity: "ERROR",
      vmId: [...engine.journal.snapshot().by("Vm", "name", "web1")][0]!.id,
      description: "text",
    };
    const matches = (search: string) => compileSearch("Event", search).matches(event, engine.journal.snapshot());
    expect(["severity = error", "severity > warning", "vm = web1", "code = 30", "Events: vm.status = up"].map(matches)).toEqual([
      true,
      true,
      true,
      true,
      true,
    ]);
    expect(["severity < error", "vm = web2", "host = h1"].map(matches)).toEqual([false, false, false]);
  });

  test("says where it cannot be understood", async () => {
    const cases: [search: string, position: number][] = [
      ["status = nonsense", 10],
      ["nosuchfield = 1", 1],
      ["Hosts: status = up", 1],
      ["Nothings: x = 1", 1],
      ["name = ", 8],
      ["name =", 7],
      ["(name = a", 10],
      ["name = a)", 9],
      ["memory > much", 10],
      ["name > a", 1],
      ["sortby nosuchfield", 8],
      ["name = a page 0", 15],
      ["and", 1],
      ["host.nosuchfield = 1", 1],
      ["creationdate > whenever", 16],
      ["creationdate > 1", 16],
      ['creationdate > "May 1, 2020"', 16],
      ["creationdate > 2020-02-30", 16],
      ["creationdate > 2020-05-01T25:00", 16],
      ['"unclosed', 1],
      ["constructor = 1", 1],
      [`${"(".repeat(60)}a`, 51],
      ["a".repeat(2_001), 2_001],
    ];
    for (const [search, position] of cases) {
      const error = (() => {
        try {
          return compileSearch("Vm", search);
        } catch (thrown) {
          return thrown as { code: string; reasons: { message: string }[] };
        }
      })();
      expect(error, search).toMatchObject({
        code: "INVALID",
        reasons: [{ code: "SEARCH", path: "search", message: expect.stringMatching(new RegExp(`^position ${position}:`)) }],
      });
    }
  });

  test("is understood up to 2,000 characters", () => {
    expect(() => compileSearch("Vm", "a".repeat(2_000))).not.toThrow();
  });

  test("takes no longer for a pattern that is meant to take long", () => {
    const started = performance.now();
    const fits = textTest(`${"a*".repeat(1_000)}b`);
    for (let time = 0; time < 100; time++) expect(fits("a".repeat(2_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe("Lists", () => {
  test("are paged to and fro, by index or in memory, without losing a row", async () => {
    const { ask, engine, cluster } = await furnished();
    const names = Array.from({ length: 25 }, (_, index) => `p${String(index).padStart(2, "0")}`);
    await addVms(
      { engine } as never,
      cluster.id,
      names.map((name) => ({ name, memory: GIB * (1 + Number(name.slice(1))) })),
    );
    const read = async (order: string, size: string, step: (page: any) => [boolean, object], variables: object = {}): Promise<string[]> => {
      const document = `query ($after: String, $before: String) { vms(${size}, after: $after, before: $before ${order}) { totalCount nodes { name } edges { cursor node { name } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
      const { vms } = await ask<any>(document, variables as Record<string, unknown>);
      expect(vms.edges.map(({ node }: any) => node)).toEqual(vms.nodes);
      expect([vms.edges[0].cursor, vms.edges.at(-1).cursor]).toEqual([vms.pageInfo.startCursor, vms.pageInfo.endCursor]);
      const found = vms.nodes.map(({ name }: any) => name);
      const [more, next] = step(vms.pageInfo);
      return more ? [...found, ...(await read(order, size, step, next))] : found;
    };
    const forward = (page: any): [boolean, object] => [page.hasNextPage, { after: page.endCursor }];
    const orders = [
      "",
      ", orderBy: { field: NAME }",
      ", orderBy: { field: STATUS, direction: DESC }",
      ", orderBy: { field: CREATION }",
      ', search: "p sortby memory desc"',
      ', search: "name = p*"',
    ];
    for (const order of orders) {
      const { vms } = await ask<any>(`{ vms(first: 100 ${order}) { nodes { name } } }`);
      const all = vms.nodes.map(({ name }: any) => name);
      expect(await read(order, "first: 4", forward), order).toEqual(all);
      const backward = (page: any): [boolean, object] => [page.hasPreviousPage, { before: page.startCursor }];
      const pages = await read(order, "last: 1", backward);
      expect(pages.toReversed(), order).toEqual(all);
    }
    const descending = await ask<any>("{ vms(first: 3, orderBy: { field: NAME, direction: DESC }) { totalCount nodes { name } } }");
    expect(descending.vms).toEqual({ totalCount: 29, nodes: [{ name: "web2" }, { name: "web1" }, { name: "p24" }] });
    const second = await ask<any>('{ vms(first: 3, search: "name = p* page 2") { nodes { name } } }');
    expect(second.vms.nodes).toEqual([{ name: "p03" }, { name: "p04" }, { name: "p05" }]);
  });

  test("have rows without a value at one end, and are paged through them from both", async () => {
    const { ask, engine, cluster } = await furnished();
    await addVms(
      { engine } as never,
      cluster.id,
      [1, 2, 3, 4, 5].map((number) => ({ name: `z${number}`, fqdn: number > 3 ? `f${number}` : null })),
    );
    for (const direction of ["asc", "desc"]) {
      const read = async (size: string, bound: string, from: string | null): Promise<{ names: string[]; cursor: string | null }> => {
        const { vms } = await ask<any>(
          `query ($from: String) { vms(${size}, ${bound}: $from, search: "sortby fqdn ${direction}") { nodes { name fqdn } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
          { from },
        );
        const { hasNextPage, hasPreviousPage, startCursor, endCursor } = vms.pageInfo;
        const more = bound === "after" ? hasNextPage && endCursor : hasPreviousPage && startCursor;
        return { names: vms.nodes.map(({ name, fqdn }: any) => `${name} ${fqdn}`), cursor: more || null };
      };
      const all = (await read("first: 100", "after", null)).names;
      const values = all.map((line) => line.split(" ")[1]);
      expect(values.filter((value) => value === "null")).toHaveLength(6);
      const ends = direction === "asc" ? values.slice(0, 6) : values.slice(-6);
      expect(new Set(ends)).toEqual(new Set(["null"]));
      for (const size of [1, 2, 4]) {
        const forward: string[] = [];
        for (let from: string | null = null, first = true; first || from; first = false) {
          const page = await read(`first: ${size}`, "after", from);
          forward.push(...page.names);
          from = page.cursor;
        }
        const backward: string[] = [];
        for (let from: string | null = null, first = true; first || from; first = false) {
          const page = await read(`last: ${size}`, "before", from);
          backward.unshift(...page.names);
          from = page.cursor;
        }
        expect([forward, backward], `${direction} by ${size}`).toEqual([all, all]);
      }
    }
  });

  test("go on from a cursor whose row is gone", async () => {
    const { ask, engine } = await furnished();
    const { vms } = await ask<any>("{ vms(first: 2) { pageInfo { endCursor } nodes { id name } } }");
    const [, last] = vms.nodes;
    await engine.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.remove("Vm", tx.need("Vm", last.id)));
    const next = await ask<any>("query ($after: String) { vms(first: 2, after: $after) { nodes { name } } }", {
      after: vms.pageInfo.endCursor,
    });
    expect(next.vms.nodes).toEqual([{ name: "web1" }, { name: "web2" }]);
  });

  test("refuse a cursor of another order, and an order that there is not", async () => {
    const { ask } = await furnished();
    const { vms } = await ask<any>("{ vms(first: 1) { pageInfo { endCursor } } }");
    const after = vms.pageInfo.endCursor;
    await expect(
      ask("query ($after: String) { vms(after: $after, orderBy: { field: STATUS }) { totalCount } }", { after }),
    ).rejects.toThrow('"CURSOR"');
    await expect(ask("{ clusters(orderBy: { field: STATUS }) { totalCount } }")).rejects.toThrow('"ORDER"');
    await expect(ask("{ hosts(orderBy: { field: CREATION }) { totalCount } }")).rejects.toThrow('"ORDER"');
  });

  test("node finds anything by its id", async () => {
    const { ask, cluster } = await furnished();
    const { found, none } = await ask<any>(
      'query ($id: ID!) { found: node(id: $id) { __typename ... on Cluster { name } } none: node(id: "none") { __typename } }',
      { id: cluster.id },
    );
    expect([found, none]).toEqual([{ __typename: "Cluster", name: "Default" }, null]);
  });
});
