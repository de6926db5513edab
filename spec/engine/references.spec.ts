import { expect, test } from "vitest";
import { PREDEFINED_ROLES } from "../../src/domain/access/roles.ts";
import { describeDatabases, SPEC_ORIGIN } from "../support/database.ts";
import { openWorld, type World } from "../support/nouns.ts";

const addTag = async (world: World, name: string): Promise<string> => (await world.act("addTag", "tag { id }", { input: { name } })).tag.id;
const tagged = (world: World, id: string, tagIds: string[], as?: string) => world.refusal("updateVm", { id, input: { tagIds } }, as);

describeDatabases("References to several objects", (database) => {
  test("They lead there in the order given and back again, once each, and are searched through", async () => {
    const world = await openWorld(database);
    const [vm, other] = [await world.addVm("web1"), await world.addVm("web2")];
    const [blue, red] = [await addTag(world, "blue"), await addTag(world, "red")];
    expect(await tagged(world, vm, [red, blue, red])).toBe("done");
    expect(await tagged(world, other, [blue])).toBe("done");
    const { it, tags, found } = await world.query(
      `query ($id: ID!) {
        it: vm(id: $id) { tags { name } }
        tags(first: 9, search: "Tags: sortby name") { nodes { name vms { nodes { name } } hosts { totalCount } } }
        found: vms(search: "Vms: tag = red") { nodes { name } }
      }`,
      { id: vm },
    );
    expect(it.tags).toEqual([{ name: "red" }, { name: "blue" }]);
    expect(tags.nodes).toEqual([
      { name: "blue", vms: { nodes: expect.arrayContaining([{ name: "web1" }, { name: "web2" }]) }, hosts: { totalCount: 0 } },
      { name: "red", vms: { nodes: [{ name: "web1" }] }, hosts: { totalCount: 0 } },
    ]);
    expect(found.nodes).toEqual([{ name: "web1" }]);
  });

  test("What is removed is let go, also when somebody refers to it at the same time", async () => {
    const world = await openWorld(database);
    const vm = await world.addVm("web1");
    const [blue, red] = [await addTag(world, "blue"), await addTag(world, "red")];
    await tagged(world, vm, [red, blue]);
    await world.act("removeTag", "tag { id }", { id: red });
    expect(world.snapshot().need("Vm", vm).tagIds).toEqual([blue]);
    const both = await Promise.all([tagged(world, vm, [blue]), world.refusal("removeTag", { id: blue })]);
    expect(both).toContain("done");
    expect(world.snapshot().need("Vm", vm).tagIds).toEqual([]);
    const [late, vm2] = [await addTag(world, "late"), await world.addVm("web2")];
    const raced = await Promise.all([tagged(world, vm2, [late]), world.refusal("removeTag", { id: late })]);
    expect(raced[1]).toBe("done");
    expect(world.snapshot().need("Vm", vm2).tagIds).toEqual([]);
  });

  test("What does not exist, and more than there may be, is refused with its place", async () => {
    const world = await openWorld(database);
    const vm = await world.addVm("web1");
    const blue = await addTag(world, "blue");
    expect(await tagged(world, vm, [blue, "nothing"])).toBe("NOT_FOUND UNKNOWN_ID");
    const request = { id: vm, input: { tagIds: Array.from({ length: 101 }, (_none, at) => `t${at}`) }, mode: "PLAN" as const };
    expect((await world.act("updateVm", "vm { id }", request)).plan.refusals).toEqual([{ code: "RANGE", path: "input.tagIds" }]);
    expect(world.snapshot().need("Vm", vm).tagIds).toEqual([]);
  });

  test("Who may edit a VM but not handle tags gives it none, and may send back those that it has", async () => {
    const world = await openWorld(database);
    const blue = await addTag(world, "blue");
    const { vm } = await world.act("addVm", "vm { id }", { input: { name: "own", clusterId: world.defaults.clusterId } });
    const [operator] = world.snapshot().by("User", "userName", "operator@internal");
    const role = { roleId: PREDEFINED_ROLES.UserVmManager.id, objectKind: "Vm", objectId: vm.id } as const;
    await world.unitOfWork.run(SPEC_ORIGIN, (tx) => void tx.insert("Permission", { userId: operator!.id, groupId: null, ...role }));
    expect(await tagged(world, vm.id, [blue], "operator")).toBe("FORBIDDEN TAG_MANAGEMENT");
    await tagged(world, vm.id, [blue]);
    expect(await world.refusal("updateVm", { id: vm.id, input: { tagIds: [blue], comment: "mine" } }, "operator")).toBe("done");
  });
});
