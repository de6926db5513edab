import { expect, test } from "vitest";
import { ChangeRow, JournalHead, JournalRow } from "../../src/db/tables.ts";
import { PREDEFINED_ROLES } from "../../src/domain/access/roles.ts";
import { callerOf } from "../../src/domain/access/caller.ts";
import { describeDatabases, SPEC_ORIGIN } from "../support/database.ts";
import { openWorld, type World } from "../support/nouns.ts";
import { moveClock } from "../support/clock.ts";

const VM = `query ($id: ID!, $asOf: DateTimeISO) {
  vm(id: $id, asOf: $asOf) { name description cluster { name vms { nodes { name } } } nics { name } template { name } usage { at } }
}`;
const CHANGES = `query ($id: ID!, $from: DateTimeISO, $to: DateTimeISO, $first: Int, $after: String) {
  objectChanges(id: $id, from: $from, to: $to, first: $first, after: $after) {
    nodes { at operation correlationId user { name } job { id } fields { name before after } } pageInfo { hasNextPage endCursor }
  }
}`;

/** A moment between what was done and what is done next. */
async function tick(): Promise<Date> {
  moveClock(1_000);
  const at = new Date();
  moveClock(1_000);
  return at;
}

const moveVm = (world: World, id: string, clusterId: string) =>
  world.unitOfWork.run(SPEC_ORIGIN, (tx) => void tx.update("Vm", tx.need("Vm", id), { clusterId }));

async function lived(world: World) {
  const start = await tick();
  const id = await world.addVm("first");
  const { cluster } = await world.act("addCluster", "cluster { id }", {
    input: { name: "Other", dataCenterId: world.defaults.dataCenterId },
  });
  const made = await tick();
  await world.act("addNic", "nic { id }", { input: { vmId: id, name: "nic1", vnicProfileId: world.defaults.vnicProfileId } });
  await world.act("updateVm", "vm { id }", { id, input: { name: "second", description: "moved" } });
  await moveVm(world, id, cluster.id);
  await world.act("updateCluster", "cluster { id }", { id: cluster.id, input: { name: "Renamed" } });
  const moved = await tick();
  await world.act("removeVm", "vm { id }", { id }).then((payload) => payload.job && world.ended(payload));
  const gone = await tick();
  return { id, clusterId: String(cluster.id), start, made, moved, gone };
}

describeDatabases("time", (database) => {
  test("an object is told as it was, with what it led to then", async () => {
    const world = await openWorld(database);
    const { id, start, made, moved, gone } = await lived(world);
    const at = async (asOf: Date | null) => (await world.query(VM, { id, asOf })).vm;
    expect(await at(null)).toBeNull();
    expect(await at(start)).toBeNull();
    const template = { name: "Blank" };
    const common = { template, usage: null };
    const first = { name: "first", description: "", nics: [], ...common };
    expect(await at(made)).toEqual({ ...first, cluster: { name: "Default", vms: { nodes: [{ name: "first" }] } } });
    const cluster = { name: "Renamed", vms: { nodes: [{ name: "second" }] } };
    expect(await at(moved)).toEqual({ name: "second", description: "moved", nics: [{ name: "nic1" }], ...common, cluster });
    expect(await at(gone)).toBeNull();
    const both = `query ($id: ID!, $a: DateTimeISO, $b: DateTimeISO) { a: vm(id: $id, asOf: $a) { cluster { name } } b: node(id: $id, asOf: $b) { ... on Vm { cluster { name } } } now: vm(id: $id) { id } }`;
    expect(await world.query(both, { id, a: made, b: moved })).toEqual({
      a: { cluster: { name: "Default" } },
      b: { cluster: { name: "Renamed" } },
      now: null,
    });
  });

  test("an object's changes are told page by page, with who made them and their values before and after", async () => {
    const world = await openWorld(database);
    const { id, clusterId, made } = await lived(world);
    const read = async (more: object = {}, as?: string) => (await world.query(CHANGES, { id, ...more }, as)).objectChanges;
    const { nodes, pageInfo } = await read();
    expect(nodes.map(({ operation }: { operation: string }) => operation)).toEqual([
      "DELETED",
      ...nodes.slice(1, -1).map(() => "UPDATED"),
      "CREATED",
    ]);
    expect(pageInfo.hasNextPage).toBe(false);
    const [moved, renamed] = nodes.slice(1, -1).slice(-2);
    expect(renamed).toMatchObject({ operation: "UPDATED", user: { name: "admin" }, job: null });
    expect(renamed.fields).toEqual(
      expect.arrayContaining([
        { name: "name", before: "first", after: "second" },
        { name: "description", before: "", after: "moved" },
      ]),
    );
    expect(moved.fields).toEqual([{ name: "clusterId", before: world.defaults.clusterId, after: clusterId }]);
    expect(nodes.at(-1).fields).toContainEqual({ name: "name", before: null, after: "first" });
    expect(nodes[0].fields).toContainEqual({ name: "name", before: "second", after: null });
    expect((await read({ to: made })).nodes).toEqual(nodes.slice(-1));
    expect((await read({ from: made })).nodes).toEqual(nodes.slice(0, -1));
    const page = await read({ first: 1 });
    expect(page.pageInfo.hasNextPage).toBe(true);
    expect([...page.nodes, ...(await read({ after: page.pageInfo.endCursor })).nodes]).toEqual(nodes);
  });

  test("what is hidden is hidden of all times, and what an object has no right to tell is not told", async () => {
    const world = await openWorld(database);
    const start = await lived(world);
    const id = await world.addVm("web");
    const made = await tick();
    await moveVm(world, id, start.clusterId);
    const input = { userName: "eve", name: "Eve", password: "correct horse battery" };
    const { user } = await world.act("addUser", "user { id }", { input });
    const permission = { userId: user.id, groupId: null, roleId: PREDEFINED_ROLES.UserRole.id, objectKind: "Vm", objectId: id };
    await world.unitOfWork.run(SPEC_ORIGIN, (tx) => void tx.insert("Permission", permission));
    const eve = () => callerOf(world.snapshot(), world.snapshot().need("User", user.id));
    const query = `query ($id: ID!, $asOf: DateTimeISO) { vm(id: $id, asOf: $asOf) { name cluster { name } } objectChanges(id: $id) { nodes { fields { name before after } } } }`;
    const now = await world.query(query, { id }, eve());
    expect(now.vm).toEqual({ name: "web", cluster: { name: "Renamed" } });
    const cluster = now.objectChanges.nodes.flatMap(({ fields }: any) => fields).find(({ name }: any) => name === "clusterId");
    expect(cluster).toEqual({ name: "clusterId", before: null, after: start.clusterId });
    // It was in a cluster that she does not see.
    expect((await world.query(query, { id, asOf: made }, eve())).vm).toBeNull();
    expect(await world.query(query, { id: start.id, asOf: start.made }, eve())).toEqual({ vm: null, objectChanges: null });
    const passwords = await world.query(`query ($id: ID!) { objectChanges(id: $id) { nodes { fields { name before after } } } }`, {
      id: user.id,
    });
    expect(JSON.stringify(passwords)).not.toMatch(/assword|correct horse|nameKey/);
  });

  test("what is forgotten is refused with the time from which it is known, and what is kept is known whole", async () => {
    const world = await openWorld(database);
    const { id, start, made } = await lived(world);
    const kept = await world.addVm("kept");
    const between = await tick();
    await world.act("updateVm", "vm { id }", { id: kept, input: { description: "later" } });
    await world.journal.prune(between);
    const refused = await world.query(VM, { id, asOf: made }).catch((error: Error) => error);
    expect(refused).toMatchObject({ code: "INVALID", reasons: [{ code: "FORGOTTEN", path: "asOf" }] });
    const [first] = await world.database.reader.find(JournalRow, { order: { cursor: "ASC" }, take: 1 });
    expect((refused as Error).message).toContain(first!.at.toISOString());
    await expect(world.query(CHANGES, { id: kept, from: start })).rejects.toMatchObject({ reasons: [{ code: "FORGOTTEN", path: "from" }] });
    const [{ fields }] = (await world.query(CHANGES, { id: kept })).objectChanges.nodes;
    expect(fields).toContainEqual({ name: "description", before: "", after: "later" });
    expect((await world.query(CHANGES, { id: kept })).objectChanges.nodes).toHaveLength(1);
    expect((await world.database.reader.findOneByOrFail(JournalHead, { id: 1 })).prunedTo).toBeGreaterThan(0);
  });

  test("going back takes no more of the history than an operation may", async () => {
    const world = await openWorld(database);
    const { id, made } = await lived(world);
    const far = Array.from({ length: 60_000 }, (_, number) => number);
    const { cursor } = world.snapshot();
    await world.database.transaction(async (manager) => {
      for (let at = 0; at < far.length; at += 5_000)
        await manager
          .createQueryBuilder()
          .insert()
          .into(ChangeRow)
          .values(
            far.slice(at, at + 5_000).map((number) => ({
              cursor,
              number: 1_000 + number,
              kind: "Vm",
              entityId: "x",
              operation: "UPDATED",
              fields: [],
              row: {},
              part: null,
            })),
          )
          .execute();
    });
    await expect(world.query(VM, { id, asOf: made })).rejects.toMatchObject({ code: "TOO_EXPENSIVE", reasons: [{ code: "HISTORY" }] });
    expect(
      (await world.query(`query ($id: ID!, $asOf: DateTimeISO) { vm(id: $id, asOf: $asOf) { name } }`, { id, asOf: made })).vm,
    ).toEqual({ name: "first" });
  });
});
