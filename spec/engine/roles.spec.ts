import { expect, test } from "vitest";
import { EVERYONE_ID } from "../../src/domain/access/everyone.ts";
import { grantsOf } from "../../src/domain/access/grants.ts";
import { PREDEFINED_ROLES, ROLES } from "../../src/domain/access/roles.ts";
import { describeDatabases } from "../support/database.ts";
import { openWorld, type World } from "../support/nouns.ts";

const addRole = async (world: World, permitNames: string[], more: object = {}): Promise<string> =>
  (await world.act("addRole", "role { id }", { input: { name: "own", permitNames, ...more } })).role.id;
const addUser = async (world: World, userName: string): Promise<string> =>
  (await world.act("addUser", "user { id }", { input: { userName, password: "long enough" } })).user.id;
const addGroup = async (world: World, name: string, input: object = {}): Promise<string> =>
  (await world.act("addGroup", "group { id }", { input: { name, ...input } })).group.id;
const give = (world: World, input: object) => world.refusal("addPermission", { input });
const may = (world: World, userId: string, objectId?: string) => {
  const { system, objects } = grantsOf(world.snapshot(), userId);
  return [...(objectId === undefined ? system : (objects.get(objectId)?.permits ?? []))].toSorted();
};

describeDatabases("Roles", (database) => {
  test("oVirt's own are there, show what they allow, and neither change nor go", async () => {
    const world = await openWorld(database);
    const document =
      "{ roles(first: 100) { totalCount nodes { id name mutable administrative permits { name administrative } } } permits { name } }";
    const { roles, permits } = await world.query(document);
    expect([roles.totalCount, permits.length]).toEqual([37, 99]);
    for (const { id, name, permits: of } of ROLES) {
      const shown = roles.nodes.find((role: { id: string }) => role.id === id);
      expect([name, shown.name, shown.mutable, shown.permits.map((permit: { name: string }) => permit.name)]).toEqual([
        name,
        name,
        false,
        [...of],
      ]);
    }
    const { id } = PREDEFINED_ROLES.UserRole;
    expect(await world.refusal("updateRole", { id, input: { permitNames: [] } })).toBe("NOT_ALLOWED_IN_STATE ROLE_IS_PREDEFINED");
    expect(await world.refusal("removeRole", { id })).toBe("NOT_ALLOWED_IN_STATE ROLE_IS_PREDEFINED");
  });

  test("One of one's own gives what it says, on an object or on all, and a change holds at once", async () => {
    const world = await openWorld(database);
    const [vm, eve] = [await world.addVm("web1"), await addUser(world, "eve")];
    const roleId = await addRole(world, ["RUN_VM", "LOGIN"]);
    expect(await give(world, { userId: eve, roleId, objectKind: "Vm", objectId: vm })).toBe("done");
    expect(may(world, eve, vm)).toEqual(["LOGIN", "RUN_VM"]);
    const before = grantsOf(world.snapshot(), eve).key;
    await world.act("updateRole", "role { id }", { id: roleId, input: { permitNames: ["RUN_VM", "STOP_VM", "RUN_VM"] } });
    expect(may(world, eve, vm)).toEqual(["RUN_VM", "STOP_VM"]);
    expect(grantsOf(world.snapshot(), eve).key).not.toBe(before);
    expect(may(world, eve)).toEqual([]);
  });

  test("Nobody gets by a role for users what is for administrators, and only a SuperUser gives one for these", async () => {
    const world = await openWorld(database);
    const eve = await addUser(world, "eve");
    expect(await world.refusal("addRole", { input: { name: "x", permitNames: ["LOGIN", "CREATE_HOST"] } })).toBe(
      "INVALID ADMINISTRATIVE_PERMIT",
    );
    expect(await world.refusal("addRole", { input: { name: "x", permitNames: ["FLY"] } })).toBe("INVALID PERMIT");
    const roleId = await addRole(world, ["CREATE_HOST", "MANIPULATE_PERMISSIONS"], { administrative: true });
    const carol = await addUser(world, "carol");
    await give(world, { userId: carol, roleId });
    const asCarol = { userId: carol, userName: "carol", grants: grantsOf(world.snapshot(), carol) };
    expect(await world.refusal("addPermission", { input: { userId: eve, roleId } }, asCarol)).toBe(
      "FORBIDDEN PERMISSION_ADD_FAILED_ONLY_SYSTEM_SUPER_USER_CAN_GIVE_ADMIN_ROLES",
    );
    const { UserRole } = PREDEFINED_ROLES;
    expect(await world.refusal("addPermission", { input: { userId: eve, roleId: UserRole.id } }, asCarol)).toBe("done");
  });

  test("Nobody puts into a role what he may not himself on the system, and takes out what he likes", async () => {
    const world = await openWorld(database);
    const roleId = await addRole(world, ["MANIPULATE_ROLES", "LOGIN"], { administrative: true });
    const carol = await addUser(world, "carol");
    await give(world, { userId: carol, roleId });
    const asCarol = { userId: carol, userName: "carol", grants: grantsOf(world.snapshot(), carol) };
    const change = (permitNames: string[]) => world.refusal("updateRole", { id: roleId, input: { permitNames } }, asCarol);
    expect(await change(["MANIPULATE_ROLES", "LOGIN", "CREATE_HOST"])).toBe("FORBIDDEN PERMIT_NOT_HELD");
    const own = { name: "more", administrative: true, permitNames: ["DELETE_HOST"] };
    expect(await world.refusal("addRole", { input: own }, asCarol)).toBe("FORBIDDEN PERMIT_NOT_HELD");
    expect(await change(["MANIPULATE_ROLES"])).toBe("done");
  });

  test("One that somebody has is not removed, also when it is given at the same time", async () => {
    const world = await openWorld(database);
    const eve = await addUser(world, "eve");
    const roleId = await addRole(world, ["LOGIN"]);
    await give(world, { userId: eve, roleId });
    expect(await world.refusal("removeRole", { id: roleId })).toBe("CONFLICT IN_USE");
    await world.act("removePermission", "__typename", { id: world.snapshot().by("Permission", "userId", eve)[0]!.id });
    const raced = await Promise.all([give(world, { userId: eve, roleId }), world.refusal("removeRole", { id: roleId })]);
    expect(raced.filter((met) => met === "done")).toHaveLength(1);
    expect(await give(world, { userId: eve, roleId: "nothing" })).toBe("INVALID ROLE");
  });
});

describeDatabases("Groups", (database) => {
  test("Members have what their group has, and its members' members, from when they come until they go", async () => {
    const world = await openWorld(database);
    const [vm, eve, roleId] = [await world.addVm("web1"), await addUser(world, "eve"), PREDEFINED_ROLES.UserRole.id];
    const inner = await addGroup(world, "inner", { userIds: [eve] });
    const outer = await addGroup(world, "outer", { memberGroupIds: [inner] });
    expect(await give(world, { groupId: outer, roleId, objectKind: "Vm", objectId: vm })).toBe("done");
    expect(may(world, eve, vm)).toContain("RUN_VM");
    expect(await give(world, { groupId: outer, roleId, objectKind: "Vm", objectId: vm })).toBe("CONFLICT DUPLICATE");
    const shown = await world.query("query ($id: ID!) { group(id: $id) { users { userName groups { name } } memberOf { name permissions { role { name } } } memberGroups { name } } }", { id: inner }); // prettier-ignore
    expect(shown.group).toEqual({
      users: [{ userName: "eve@internal", groups: [{ name: "inner" }] }],
      memberOf: [{ name: "outer", permissions: [{ role: { name: "UserRole" } }] }],
      memberGroups: [],
    });
    await world.act("updateGroup", "group { id }", { id: inner, input: { userIds: [] } });
    expect(may(world, eve, vm)).toEqual([]);
    await world.act("updateGroup", "group { id }", { id: outer, input: { userIds: [eve] } });
    expect(may(world, eve, vm)).toContain("RUN_VM");
    await world.act("removeGroup", "group { id }", { id: outer });
    expect(may(world, eve, vm)).toEqual([]);
    expect([...world.snapshot().all("Permission")].filter(({ groupId }) => groupId !== null)).toEqual([]);
  });

  test("What Everyone has, everybody has; it takes no members, and neither changes nor goes", async () => {
    const world = await openWorld(database);
    const eve = await addUser(world, "eve");
    await give(world, { groupId: EVERYONE_ID, roleId: PREDEFINED_ROLES.UserRole.id });
    expect(may(world, eve)).toContain("LOGIN");
    for (const verb of ["updateGroup", "removeGroup"])
      expect(await world.refusal(verb, { id: EVERYONE_ID, ...(verb === "updateGroup" && { input: { description: "x" } }) })).toBe(
        "NOT_ALLOWED_IN_STATE EVERYONE",
      );
    expect(await world.refusal("addGroup", { input: { name: "x", memberGroupIds: [EVERYONE_ID] } })).toBe("INVALID EVERYONE");
  });

  test("No group is a member of itself, also when two are put into each other at the same time", async () => {
    const world = await openWorld(database);
    const [a, b] = [await addGroup(world, "a"), await addGroup(world, "b")];
    const put = (id: string, member: string) => world.refusal("updateGroup", { id, input: { memberGroupIds: [member] } });
    expect(await put(a, a)).toBe("INVALID LOOP");
    expect((await Promise.all([put(a, b), put(b, a)])).toSorted()).toEqual(["INVALID LOOP", "done"]);
  });

  test("Nobody makes himself a member of a group that has what he could not give", async () => {
    const world = await openWorld(database);
    const roleId = await addRole(world, ["MANIPULATE_USERS", "LOGIN"], { administrative: true });
    const carol = await addUser(world, "carol");
    await give(world, { userId: carol, roleId });
    const [admins, inner, plain] = [await addGroup(world, "admins"), await addGroup(world, "inner"), await addGroup(world, "plain")];
    await give(world, { groupId: admins, roleId: PREDEFINED_ROLES.SuperUser.id });
    await world.act("updateGroup", "group { id }", { id: admins, input: { memberGroupIds: [inner] } });
    const join = (id: string) =>
      world.refusal(
        "updateGroup",
        { id, input: { userIds: [carol] } },
        { userId: carol, userName: "carol", grants: grantsOf(world.snapshot(), carol) },
      );
    // Groups are seen by who may give rights.
    const seesGroups = await world.act("addRole", "role { id }", { input: { name: "sees", administrative: true, permitNames: ["MANIPULATE_PERMISSIONS"] } }); // prettier-ignore
    await give(world, { userId: carol, roleId: seesGroups.role.id });
    const refused = "FORBIDDEN PERMISSION_ADD_FAILED_ONLY_SYSTEM_SUPER_USER_CAN_GIVE_ADMIN_ROLES";
    expect([await join(admins), await join(inner), await join(plain)]).toEqual([refused, refused, "done"]);
  });

  test("A permission is a user's or a group's", async () => {
    const world = await openWorld(database);
    const [eve, group, roleId] = [await addUser(world, "eve"), await addGroup(world, "g"), PREDEFINED_ROLES.UserRole.id];
    expect(await give(world, { roleId })).toBe("INVALID HOLDER");
    expect(await give(world, { userId: eve, groupId: group, roleId })).toBe("INVALID HOLDER");
    expect(await give(world, { groupId: "nothing", roleId })).toBe("NOT_FOUND UNKNOWN_ID");
  });
});
