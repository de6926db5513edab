import { isObjectType } from "graphql";
import { expect, test } from "vitest";
import { Event } from "../../src/domain/event/event.ts";
import { Job, Step } from "../../src/domain/job/job.ts";
import { LISTED_KINDS } from "../../src/domain/kinds.ts";
import { describeDatabases } from "../support/database.ts";
import { openWorld } from "../support/nouns.ts";
import { publicSchema as schema } from "../support/schema.ts";

/** What has an `id` that is that of something else. */
const POINTERS = ["JobSubject", "PlannedChange"];
/** Nodes that are not in the inventory. */
const APART = ["Job", "Step", "Event"];

const withId = Object.values(schema.getTypeMap()).filter(
  (type) => isObjectType(type) && String(type.getFields()["id"]?.type) === "ID!" && !POINTERS.includes(type.name),
);

test("Every noun, role, job, step and event is a Node, and so is all else that has an id of its own", () => {
  const nodes = schema.getPossibleTypes(schema.getType("Node") as never).map(({ name }) => name);
  expect(nodes.toSorted()).toEqual([...LISTED_KINDS, ...APART].toSorted());
  expect(withId.map(({ name }) => name).toSorted()).toEqual(nodes.toSorted());
  expect(String(schema.getQueryType()!.getFields()["node"]!.type)).toBe("Node");
});

describeDatabases("node", (database) => {
  test("finds one of each kind by its id, as what it is", async () => {
    const world = await openWorld(database);
    const storageDomainId = await world.addDomain();
    const vmId = await world.addVm("web1");
    await world.act("addNic", "nic { id }", { input: { vmId } });
    await world.act("addTag", "tag { id }", { input: { name: "t" } });
    await world.act("addBookmark", "bookmark { id }", { input: { name: "b", value: "vms:" } });
    const { clusterId, dataCenterId } = world.defaults;
    for (const [noun, input] of Object.entries({
      AffinityGroup: { name: "g", clusterId },
      AffinityLabel: { name: "l" },
      CpuProfile: { name: "c", clusterId },
      DiskProfile: { name: "d", storageDomainId },
      Qos: { name: "q", dataCenterId, type: "CPU" },
    }))
      await world.act(`add${noun}`, "__typename", { input });
    const disk = { name: "data", storageDomainId, provisionedSize: 1024 ** 3, attachment: { vmId } };
    await world.ended(await world.act("addDisk", "disk { id }", { input: disk }));
    const { reader } = world.database;
    const ids = new Map<string, string>();
    for (const kind of LISTED_KINDS) ids.set(kind, [...world.snapshot().all(kind)][0]!.id);
    for (const entity of [Job, Step, Event]) ids.set(entity.name, (await reader.find<{ id: string }>(entity as never, { take: 1 }))[0]!.id);
    expect([...ids.keys()].toSorted()).toEqual(withId.map(({ name }) => name).toSorted());
    for (const [kind, id] of ids) {
      // As Relay's compiler asks for a fragment that is fetched again.
      const document = `query ($id: ID!) { node(id: $id) { __typename ...again id } } fragment again on ${kind} { same: id }`;
      expect((await world.query(document, { id })).node, kind).toEqual({ __typename: kind, same: id, id });
    }
    expect((await world.query('{ node(id: "none") { id } }')).node).toBeNull();
  });
});
