import { expect, test } from "vitest";
import { describeDatabases } from "../support/database.ts";
import { openWorld, type World } from "../support/nouns.ts";

const addTag = async (world: World, name: string, parentId: string | null = null): Promise<string> =>
  (await world.act("addTag", "tag { id }", { input: { name, parentId } })).tag.id;
const move = (world: World, id: string, parentId: string | null) => world.refusal("updateTag", { id, input: { parentId } });

describeDatabases("Tags", (database) => {
  test("A tag is never below itself, also when two move at the same time", async () => {
    const world = await openWorld(database);
    const [a, b] = [await addTag(world, "a"), await addTag(world, "b")];
    const below = await addTag(world, "below", a);
    expect(await move(world, a, a)).toBe("INVALID LOOP");
    expect(await move(world, a, below)).toBe("INVALID LOOP");
    expect((await Promise.all([move(world, a, b), move(world, b, below)])).toSorted()).toEqual(["INVALID LOOP", "done"]);
    expect(await move(world, below, null)).toBe("done");
    const path = "query ($id: ID!) { tag(id: $id) { parent { name } children { nodes { name } } } }";
    expect((await world.query(path, { id: below })).tag.parent).toBeNull();
  });

  test("A tree has 20 levels, wherever a part of it is put", async () => {
    const world = await openWorld(database);
    let deepest: string | null = null;
    const tags: string[] = [];
    for (let level = 1; level <= 20; level++) tags.push((deepest = await addTag(world, `t${level}`, deepest)));
    expect(await world.refusal("addTag", { input: { name: "t21", parentId: deepest } })).toBe("INVALID DEPTH");
    const top = await addTag(world, "top");
    expect(await move(world, tags[0]!, top)).toBe("INVALID DEPTH");
    expect(await move(world, tags[1]!, top)).toBe("done");
  });

  test("A tag goes with all below it", async () => {
    const world = await openWorld(database);
    const a = await addTag(world, "a");
    await addTag(world, "leaf", await addTag(world, "below", a));
    const kept = await addTag(world, "kept");
    const { plan } = await world.act("removeTag", "tag { id }", { id: a, mode: "PLAN" });
    expect(plan.changes).toHaveLength(3);
    expect(await world.refusal("removeTag", { id: a })).toBe("done");
    expect([...world.snapshot().all("Tag")].map(({ id }) => id)).toEqual([kept]);
  });
});

describeDatabases("Bookmarks", (database) => {
  test.for([
    ["", "SEARCH"],
    ["status = up", "SEARCH"],
    ["Nothings: name = x", "SEARCH"],
    ["Vms: status = upwards", "SEARCH"],
    ["Vms: (status = up", "SEARCH"],
    [`Vms: name = ${"x".repeat(2_000)}`, "SEARCH"],
  ] as const)("A search that nobody could ask is not kept: %s", async ([value, reason]) => {
    const world = await openWorld(database);
    const request = { input: { name: "odd", value } };
    expect(await world.refusal("addBookmark", request)).toBe(`INVALID ${reason}`);
    const { plan } = await world.act("addBookmark", "bookmark { id }", { ...request, mode: "PLAN" });
    expect(plan.refusals).toEqual([{ code: reason, path: "input.value" }]);
  });

  test("A search is kept as it was written", async () => {
    const world = await openWorld(database);
    const value = 'Vms: status = up and cluster = "Default"  sortby name desc';
    const { bookmark } = await world.act("addBookmark", "bookmark { name value }", { input: { name: "running", value } });
    expect(bookmark).toEqual({ name: "running", value });
  });
});
