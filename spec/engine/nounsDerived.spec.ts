import { MoreThan } from "typeorm";
import { describe, expect, test } from "vitest";
import { compileSearch } from "../../src/domain/inventory/search/search.ts";
import { AUDIT_LOG } from "../../src/domain/event/codes.ts";
import { Event } from "../../src/domain/event/event.ts";
import type { ListedKind } from "../../src/domain/kinds.ts";
import { NOUNS } from "../../src/domain/noun/all.ts";
import { describeDatabases } from "../support/database.ts";
import type { World } from "../support/nouns.ts";
import { added, fieldOf, furnished, NAMED_NOUNS } from "../support/nounTable.ts";

/** What follows from a declaration, asked of every noun. */

const nounOf = (kind: string) => NOUNS.find((noun) => noun.kind === kind)!;
type Row = Record<string, unknown> & { id: string };
const rowOf = (world: World, kind: string, id: string) => world.snapshot().need(kind as "Cluster", id) as unknown as Row;

test("Every noun is covered: it has an entry, or no name to be known by", () => {
  const unnamed = NOUNS.filter(({ columns }) => !columns.some(({ name, set }) => name === "name" && set === "always")).map(
    ({ kind }) => kind,
  );
  expect(NOUNS.map(({ kind }) => kind).toSorted()).toEqual([...NAMED_NOUNS, ...unnamed, "User"].toSorted());
});

describeDatabases("What a VM has in common with its template", (database) => {
  test("is taken from it where its maker says nothing", async () => {
    const { world } = await furnished(database);
    const machine = {
      memory: 2 ** 29,
      cpuShares: 512,
      bios: { type: "Q35_OVMF" },
      cpu: { topology: { sockets: 2, cores: 1, threads: 1 } },
    };
    const template = rowOf(world, "Template", (await added(world, "Template", { name: "big", ...machine })).id);
    const clusterId = world.defaults.clusterId;
    const { id } = await added(world, "Vm", { name: "like", clusterId, templateId: template.id });
    const own = rowOf(world, "Vm", (await added(world, "Vm", { name: "own", clusterId, templateId: template.id, cpuShares: null })).id);
    const shared = nounOf("Vm").columns.filter(({ inherits }) => inherits?.includes("templateId"));
    expect(shared.length).toBeGreaterThanOrEqual(5);
    for (const { name } of shared) expect([name, rowOf(world, "Vm", id)[name]]).toEqual([name, template[name]]);
    expect([own["cpuShares"], own["memory"]]).toEqual([null, 2 ** 29]);
  });
});

describeDatabases("What a noun declares", (database) => {
  describe.for(NAMED_NOUNS)("%s", (kind) => {
    const { columns, plural, unique, events, field } = nounOf(kind);

    test("Each edge leads there and back again", async () => {
      const { world, add } = await furnished(database);
      const row = rowOf(world, kind, (await added(world, kind, add[kind])).id);
      for (const { name, reference } of columns) {
        if (!reference || reference.most !== undefined || row[name] === null) continue;
        const { as, back, few, target } = reference;
        const listed = few ? "{ id }" : "(first: 100) { nodes { id } }";
        const document = `query ($id: ID!) { it: ${field}(id: $id) { far: ${as} { kind: __typename id ${back ? `back: ${back} ${listed}` : ""} } } }`;
        const { far } = (await world.query(document, { id: row.id })).it;
        expect([far.kind, far.id]).toEqual([target().name, row[name]]);
        if (back) expect((few ? far.back : far.back.nodes).map(({ id }: Row) => id)).toContain(row.id);
      }
    });

    test("It is found by its name, by its id and through what it refers to", async () => {
      const { world, add } = await furnished(database);
      const row = rowOf(world, kind, (await added(world, kind, add[kind])).id);
      const through = columns.flatMap(({ name, reference }) =>
        reference && reference.most === undefined && row[name] !== null
          ? `name = x and ${reference.as.toLowerCase()}.id = ${String(row[name])}`
          : [],
      );
      const searches = ["name = x", `id = ${row.id}`, ...through];
      for (const search of searches) {
        const { page } = await world.query(`query ($search: String) { page: ${plural}(search: $search) { nodes { id } } }`, {
          search: `${plural}: ${search}`,
        });
        expect([search, page.nodes.map(({ id }: Row) => id)]).toEqual([search, [row.id]]);
      }
    });

    test("Each column that is searched can be sorted by and compared", async () => {
      const { world, add } = await furnished(database);
      const { id } = await added(world, kind, add[kind]);
      for (const column of columns.filter(({ search }) => search !== undefined && search !== "id")) {
        const [first] = [typeof column.search === "object" && "unit" in column.search ? column.search.names : column.search].flat();
        const name = typeof first === "string" ? first : column.name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
        const search = compileSearch(kind as ListedKind, `id = ${id} sortby ${name} desc`);
        expect([...world.snapshot().all(kind as ListedKind)].filter((row) => search.matches(row, world.snapshot()))).toHaveLength(1);
        expect(search.sort?.name).toBe(name);
      }
    });

    test("What is unique is refused twice, when it is added and when it is changed", async () => {
      const { world, add } = await furnished(database);
      if (unique?.[0]?.at(-1) !== "name") return;
      await added(world, kind, add[kind]);
      expect(await world.refusal(`add${kind}`, { input: add[kind] })).toBe("CONFLICT DUPLICATE");
      const other = { ...add[kind], name: "y", ...(kind === "StorageDomain" && { storage: { type: "POSIXFS", path: "/srv/y" } }) };
      const { id } = await added(world, kind, other);
      expect(await world.refusal(`update${kind}`, { id, input: { name: "x" } })).toBe("CONFLICT DUPLICATE");
    });

    test("Each deed is told by the event that it names, in oVirt's number and weight", async () => {
      const { world, add } = await furnished(database);
      const { cursor } = world.snapshot();
      const { id } = await added(world, kind, add[kind]);
      await world.act(`update${kind}`, `${fieldOf(kind)} { id }`, { id, input: { name: "y" } });
      const removal = await world.act(`remove${kind}`, `${fieldOf(kind)} { id }`, { id });
      if (removal.job) await world.ended(removal);
      const told = await world.database.reader.findBy(Event, { cursor: MoreThan(cursor) });
      for (const name of Object.values(events ?? {}))
        expect(told.filter((event) => event.name === name)).toMatchObject([expect.objectContaining(AUDIT_LOG[name])]);
      expect(world.snapshot().get(kind as ListedKind, id)).toBeUndefined();
    });
  });
});
