import { expect, test } from "vitest";
import { describeDatabases, type DatabaseKind } from "../support/database.ts";
import { openWorld } from "../support/nouns.ts";

const PAGE = "nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
const COUNT = 5;

/** A history of some events and jobs. */
async function lived(database: DatabaseKind) {
  const world = await openWorld(database);
  const storageDomainId = await world.addDomain();
  for (let number = 0; number < COUNT; number++) {
    const payload = await world.act("addDisk", "disk { id }", {
      input: { name: `disk${number}`, storageDomainId, provisionedSize: 1024 ** 2 },
    });
    await world.ended(payload);
  }
  const page = async (list: string, args: string) => (await world.query(`{ page: ${list}(${args}) { ${PAGE} } }`)).page;
  return { world, page };
}
const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

describeDatabases("Jobs and events", (database) => {
  test.for(["jobs", "events"])("%s are pages with edges, from any of which one can go on", async (list) => {
    const { page } = await lived(database);
    const all = await page(list, "first: 1000");
    const ids = idsOf(all.nodes);
    expect(ids.length).toBeGreaterThanOrEqual(COUNT);
    expect(new Set(ids).size).toBe(ids.length);
    expect(all.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: false });
    for (const [index, { cursor }] of all.edges.entries()) {
      const rest = await page(list, `first: 2, after: "${cursor}"`);
      expect(idsOf(rest.nodes)).toEqual(ids.slice(index + 1, index + 3));
      expect(rest.edges.map(({ node }: { node: { id: string } }) => node.id)).toEqual(idsOf(rest.nodes));
      expect(rest.pageInfo).toEqual({
        hasNextPage: index + 3 < ids.length,
        hasPreviousPage: true,
        startCursor: rest.edges[0]?.cursor ?? null,
        endCursor: rest.edges.at(-1)?.cursor ?? null,
      });
    }
  });

  test("A search of events is paged alike", async () => {
    const { page } = await lived(database);
    const found = await page("events", 'first: 2, search: "name = ADD_DISK* or name = USER_ADD_DISK*"');
    expect(found.nodes).toHaveLength(2);
    expect(found.edges.at(-1).cursor).toBe(found.pageInfo.endCursor);
  });

  test.for(["jobs", "events"])("%s refuse a cursor of another list, and a page that is too large", async (list) => {
    const { world, page } = await lived(database);
    const { clusters } = await world.query("{ clusters { pageInfo { endCursor } } }");
    const refusal = (args: string) =>
      page(list, args).then(
        () => "done",
        ({ code }: { code: string }) => code,
      );
    expect(await refusal(`after: "${clusters.pageInfo.endCursor}"`)).toBe("INVALID");
    expect(await refusal("first: 1001")).toBe("INVALID");
    expect(await refusal("first: 0")).toBe("INVALID");
  });
});
