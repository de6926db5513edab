import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { PERMITS } from "../../src/domain/access/permits.ts";
import { PREDEFINED_ROLES, ROLES, type RoleName } from "../../src/domain/access/roles.ts";
import { grantsOf } from "../../src/domain/access/grants.ts";
import { viewOf } from "../../src/domain/access/view.ts";
import { insertWithDefaults } from "../../src/domain/noun/defaults.ts";
import { SPEC_ORIGIN } from "../support/database.ts";
import { addVms, sample } from "../support/engineRows.ts";
import { bareSocket, type BareSocket } from "../support/engineSocket.ts";
import { openSides, type CallerName, type Sides } from "../support/sides.ts";

const ask = async (sides: Sides, who: CallerName | "bob", query: string, variables = {}) =>
  sides.post(query, variables, sides.tokens[who] ?? undefined);
const code = ({ errors }: Awaited<ReturnType<typeof ask>>) =>
  errors ? [errors[0]!.extensions.code, ...errors[0]!.extensions.reasons.map((reason) => reason.code)].join(" ") : "done";
const ADD = "mutation ($input: AddPermissionInput!) { addPermission(input: $input) { permission { id } } }";
const REMOVE = "mutation ($id: ID!) { removePermission(id: $id) { permission { id } } }";

interface Gift {
  role: RoleName;
  /** The system when absent. */
  on?: [kind: string, name: string];
  to?: string;
}
const give = (sides: Sides, { role, on, to = "eve" }: Gift, by: CallerName | "bob" = "admin") =>
  ask(sides, by, ADD, {
    input: {
      userId: sides.ids[to],
      roleId: PREDEFINED_ROLES[role].id,
      ...(on && { objectKind: on[0], objectId: sides.ids[on[1]] ?? on[1] }),
    },
  });
const take = (sides: Sides, id: string, by: CallerName | "bob" = "admin") => ask(sides, by, REMOVE, { id });
const given = (answer: Awaited<ReturnType<typeof give>>): string => answer.data!["addPermission"].permission.id;

const listen = async (sides: Sides, who: CallerName, query: string): Promise<BareSocket> => {
  const bare = await bareSocket(sides.url, { authorization: `Bearer ${sides.tokens[who]}` });
  bare.send({ id: "1", type: "subscribe", payload: { query: `subscription { ${query} }` } });
  return bare;
};
const CHANGES = "changes { operation kind id entity { __typename ... on Vm { name comment host { name } can { start { allowed } } } ... on Disk { name } } gap { from } }"; // prettier-ignore
const told = (sides: Sides, { payloads }: BareSocket): string[] =>
  payloads.map(({ data: { changes } }) => (changes.gap ? "gap" : `${changes.operation} ${sides.names.get(changes.id) ?? changes.kind}`));
const touch = ({ engine, ids }: Sides, name = "VmA", comment = `${Math.random()}`) =>
  engine.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.update("Vm", tx.need("Vm", ids[name]!), { comment }));
/** Until a subscriber is there, and has been told of everything up to then. */
async function joined(sides: Sides, bare: BareSocket, name = "VmA"): Promise<void> {
  const heard = (comment: string) => bare.payloads.some(({ data }) => data.changes.entity?.comment === comment);
  await vi.waitFor(async () => {
    const comment = `${Math.random()}`;
    await touch(sides, name, comment);
    await vi.waitFor(() => expect(heard(comment)).toBe(true), { timeout: 200 });
  });
  bare.payloads.length = 0;
}

test("There are oVirt's permits and predefined roles, and no others", () => {
  const text = readFileSync(new URL("../support/ovirtRoles.txt", import.meta.url), "utf8")
    .trim()
    .split("\n");
  const permits = Object.entries(PERMITS).map(([name, { id, administrative }]) => `${name} ${id}${administrative ? " admin" : ""}`);
  const roles = ROLES.map(({ name, id, administrative, allowsViewingChildren, permits: of }) =>
    [name, id, administrative ? "admin" : "user", allowsViewingChildren ? "viewing" : "only", ...of.toSorted()].join(" "),
  );
  expect(permits).toHaveLength(99);
  expect(roles).toHaveLength(37);
  expect([...permits, ...roles].toSorted()).toEqual(text.toSorted());
});

test("Giving and taking a role are events, on the object and on the system", async () => {
  const sides = await openSides();
  const ids = [given(await give(sides, { role: "UserVmManager", on: ["Vm", "VmB"] })), given(await give(sides, { role: "DiskCreator" }))];
  for (const id of ids) expect(code(await take(sides, id))).toBe("done");
  const { data } = await ask(sides, "admin", "{ events(first: 4) { nodes { name description vm { id } cluster { id } } } }");
  const events = data!["events"].nodes.map((event: any) => [event.name, event.description, event.vm && sides.names.get(event.vm.id)]);
  expect(events.toReversed()).toEqual([
    ["USER_ADD_PERMISSION", "eve@internal was given the role UserVmManager on vm-b by admin@internal.", "VmB"],
    ["USER_ADD_SYSTEM_PERMISSION", "eve@internal was given the role DiskCreator on the system by admin@internal.", null],
    ["USER_REMOVE_PERMISSION", "The role UserVmManager on vm-b was taken from eve@internal by admin@internal.", "VmB"],
    ["USER_REMOVE_SYSTEM_PERMISSION", "The role DiskCreator on the system was taken from eve@internal by admin@internal.", null],
  ]);
});

test("Nobody gives more than he may: by a right on the object, and roles of administrators by a SuperUser only", async () => {
  const sides = await openSides();
  const refusal = async (gift: Gift, by: CallerName | "bob") => code(await give(sides, { to: "bob", ...gift }, by));
  expect(await refusal({ role: "UserRole", on: ["Vm", "VmA"] }, "carol")).toBe("done");
  const adminsOnly = "FORBIDDEN PERMISSION_ADD_FAILED_ONLY_SYSTEM_SUPER_USER_CAN_GIVE_ADMIN_ROLES";
  expect(await refusal({ role: "HostAdmin", on: ["Host", "HostA"] }, "carol")).toBe(adminsOnly);
  expect(await refusal({ role: "UserRole", on: ["DataCenter", "DataCenterA"] }, "carol")).toBe("FORBIDDEN MANIPULATE_PERMISSIONS");
  expect(await refusal({ role: "UserRole", on: ["Vm", "VmB"] }, "carol")).toBe("NOT_FOUND UNKNOWN_ID");
  expect(await refusal({ role: "UserRole" }, "carol")).toBe("FORBIDDEN MANIPULATE_PERMISSIONS");
  expect(await refusal({ role: "UserRole", on: ["Vm", "VmA"] }, "eve")).toBe("FORBIDDEN MANIPULATE_PERMISSIONS");
  expect(await refusal({ role: "UserRole", on: ["Vm", "VmA"], to: "eve" }, "admin")).toBe("CONFLICT DUPLICATE");
  for (const on of [
    ["Nic", "NicA"],
    ["User", "eve"],
    ["Vm", ""],
  ] as [string, string][])
    expect([on, await refusal({ role: "UserRole", on }, "admin")]).toEqual([on, "INVALID OBJECT"]);
  expect(await refusal({ role: "UserRole", on: ["Vm", "HostA"] }, "admin")).toBe("NOT_FOUND UNKNOWN_ID");
  const odd = await ask(sides, "admin", ADD, { input: { userId: sides.ids["eve"], roleId: "none" } });
  expect(code(odd)).toBe("INVALID ROLE");
  expect(code(await take(sides, sides.ids["admin's permission"]!))).toBe("CONFLICT LAST_SUPER_USER");
  expect(code(await take(sides, sides.ids["carol's permission"]!, "carol"))).toBe(adminsOnly);
});

test("A role on an object goes with the object", async () => {
  const sides = await openSides();
  const { engine, ids } = sides;
  const [vm] = await addVms(sides, ids["ClusterB"]!, [{ name: "gone" }]);
  const id = given(await give(sides, { role: "UserRole", on: ["Vm", vm!.id] }));
  expect((await ask(sides, "eve", `{ vm(id: "${vm!.id}") { name } }`)).data!["vm"]).toEqual({ name: "gone" });
  expect(code(await ask(sides, "admin", `mutation { removeVm(id: "${vm!.id}") { vm { id } } }`))).toBe("done");
  expect(engine.journal.snapshot().get("Permission", id)).toBeUndefined();
});

test("Whoever makes a VM is its manager, where he would not be anyway", async () => {
  const sides = await openSides();
  expect(code(await give(sides, { role: "VmCreator", on: ["DataCenter", "DataCenterA"] }))).toBe("done");
  // He may make VMs in its clusters, and so sees them; what is in them he does not.
  const { data } = await ask(sides, "eve", "{ clusters { nodes { name } } vms { nodes { name } } hosts { totalCount } }");
  expect(data).toEqual({ clusters: { nodes: [{ name: "cluster-a" }] }, vms: { nodes: [{ name: "vm-a" }] }, hosts: { totalCount: 0 } });
  const add = (name: string, templateId?: string) =>
    ask(
      sides,
      "eve",
      "mutation ($input: AddVmInput!) { addVm(input: $input) { vm { id name permissions: can { update { allowed } } } } }",
      {
        input: { name, clusterId: sides.ids["ClusterA"], ...(templateId && { templateId }) },
      },
    );
  // The template of his VM he sees, but he may not make VMs from it.
  expect(code(await add("x", sides.ids["TemplateA"]))).toBe("FORBIDDEN CREATE_VM");
  expect(code(await add("x", sides.ids["TemplateB"]))).toBe("NOT_FOUND UNKNOWN_ID");
  const made = await add("mine");
  expect(made.data!["addVm"].vm).toMatchObject({ name: "mine", permissions: { update: { allowed: true } } });
  const { me } = (await ask(sides, "eve", "{ me { permissions { role { name } object { ... on Vm { name } } } } }")).data!;
  expect(me.permissions).toContainEqual({ role: { name: "UserVmManager" }, object: { name: "mine" } });
  await ask(sides, "admin", "mutation ($input: AddVmInput!) { addVm(input: $input) { vm { id } } }", {
    input: { name: "theirs", clusterId: sides.ids["ClusterA"] },
  });
  const permissions = [...sides.engine.journal.snapshot().by("Permission", "userId", sides.ids["admin"]!)];
  expect(permissions).toHaveLength(1);
});

test("A host that is named for a start must be seen, and choosing one is an administrator's right", async () => {
  const sides = await openSides();
  const start = (hostId: string) => ask(sides, "eve", "mutation ($id: ID!, $input: StartVmInput) { startVm(id: $id, input: $input) { vm { id } } }", { id: sides.ids["VmA"], input: { hostId: sides.ids[hostId] } }); // prettier-ignore
  expect(code(await start("HostA"))).toBe("NOT_FOUND UNKNOWN_ID");
  expect(code(await give(sides, { role: "UserVmManager", on: ["Cluster", "ClusterA"] }))).toBe("done");
  expect(code(await start("HostA"))).toBe("FORBIDDEN EDIT_ADMIN_VM_PROPERTIES");
  expect(code(await start("HostB"))).toBe("NOT_FOUND UNKNOWN_ID");
});

test("A refusal does not name, or count, what is hidden from whoever is refused", async () => {
  const sides = await openSides();
  const { engine, ids } = sides;
  await engine.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.update("Vm", tx.need("Vm", ids["VmA"]!), { status: "DOWN", hostId: null, memoryDomainId: null })); // prettier-ignore
  const start = "mutation ($id: ID!, $mode: CommandMode) { startVm(id: $id, mode: $mode) { plan { refusals { hostId code message } placement { host { id } } } } }".replace("$mode: CommandMode)", "$mode: CommandMode! = APPLY)"); // prettier-ignore
  const [asEve, asAdmin] = [await ask(sides, "eve", start, { id: ids["VmA"] }), await ask(sides, "admin", start, { id: ids["VmA"] })];
  expect(asAdmin.errors![0]!.extensions.reasons[0]!.message).toContain("host-a");
  expect(asEve.errors![0]).toMatchObject({ message: "No host can take VM vm-a.", extensions: { code: "NO_HOST" } });
  expect(JSON.stringify(asEve)).not.toContain("host-a");
  const plan = await ask(sides, "eve", start, { id: ids["VmA"], mode: "PLAN" });
  expect(plan.data!["startVm"].plan.refusals).toHaveLength(1);
  expect(JSON.stringify(plan)).not.toMatch(new RegExp(`host-a|${ids["HostA"]}`));

  // An administrator of the data center B's storage is told of disks, and of nobody's VMs.
  expect(code(await give(sides, { role: "DiskOperator", on: ["Disk", "DiskB"] }))).toBe("done");
  const remove = await ask(sides, "eve", "mutation ($id: ID!) { removeDisk(id: $id) { job { id } } }", { id: ids["DiskB"] });
  expect(code(remove)).toBe("NOT_ALLOWED_IN_STATE VM_STATUS_UP");
  expect(JSON.stringify(remove)).not.toMatch(/vm-b|other-b/);
  const domain = "mutation ($id: ID!) { removeCluster(id: $id) { cluster { id } } }";
  expect(code(await give(sides, { role: "CpuProfileCreator", on: ["Cluster", "ClusterB"] }))).toBe("done");
  expect(code(await ask(sides, "eve", domain, { id: ids["ClusterB"] }))).toBe("FORBIDDEN DELETE_CLUSTER");
  const users = (await ask(sides, "admin", domain, { id: ids["ClusterB"] })).errors![0]!;
  expect(users.message).toMatch(/in use by \d+/);
});

test("An idempotent answer is given again only as far as its object is still seen", async () => {
  const sides = await openSides();
  const update = () => ask(sides, "carol", 'mutation ($id: ID!) { updateVm(id: $id, input: { comment: "x" }, idempotencyKey: "k") { vm { name } } }', { id: sides.ids["VmA"] }); // prettier-ignore
  expect((await update()).data!["updateVm"].vm).toEqual({ name: "vm-a" });
  expect((await update()).data!["updateVm"].vm).toEqual({ name: "vm-a" });
  expect(code(await take(sides, sides.ids["carol's permission"]!))).toBe("done");
  expect(code(await give(sides, { role: "DiskCreator", to: "carol" }))).toBe("done");
  expect((await update()).data!["updateVm"].vm).toBeNull();
});

test("Whoever asked for a job sees it, and nobody else does by that", async () => {
  const sides = await openSides();
  const { engine, ids } = sides;
  await engine.unitOfWork.run(SPEC_ORIGIN, async (tx) => {
    const { Job } = await import("../../src/domain/job/job.ts");
    const job = await engine.database.reader.findOneByOrFail(Job, { id: ids["JobB"]! });
    tx.update("Job", { ...job }, { ownerId: ids["eve"]! });
  });
  const seen = async (who: CallerName) => (await ask(sides, who, `{ job(id: "${ids["JobB"]}") { id } }`)).data!["job"];
  expect([await seen("eve"), await seen("carol")]).toEqual([{ id: ids["JobB"] }, null]);
});

test("A right that is given or taken holds at once on an open subscription: what enters is CREATED, what leaves is DELETED", async () => {
  const sides = await openSides();
  const bare = await listen(sides, "eve", CHANGES);
  await joined(sides, bare);
  const id = given(await give(sides, { role: "UserRole", on: ["Vm", "VmB"] }));
  const entered = ["Cluster", "DataCenter", "Disk", "DiskAttachment", "Network", "Nic", "Template", "Vm", "VnicProfile"].map((kind) => `${kind}B`); // prettier-ignore
  await vi.waitFor(() => expect(told(sides, bare)).toHaveLength(entered.length + 1));
  expect(told(sides, bare).toSorted()).toEqual([...entered.map((name) => `CREATED ${name}`), "CREATED Permission"].toSorted());
  bare.payloads.length = 0;
  await touch(sides, "VmB");
  await vi.waitFor(() => expect(told(sides, bare)).toEqual(["UPDATED VmB"]));
  // The host it runs on stays hidden, and is told to nobody through it.
  expect(bare.payloads[0].data.changes.entity).toMatchObject({ name: "vm-b", host: null });
  bare.payloads.length = 0;
  await take(sides, id);
  await vi.waitFor(() => expect(told(sides, bare)).toHaveLength(entered.length + 1));
  expect(told(sides, bare).toSorted()).toEqual([...entered.map((name) => `DELETED ${name}`), "DELETED Permission"].toSorted());
  // What it was is told of nothing but his own permission.
  const shown = bare.payloads.filter(({ data }) => data.changes.entity !== null).map(({ data }) => data.changes.kind);
  expect(shown).toEqual(["Permission"]);
  bare.payloads.length = 0;
  await touch(sides, "VmB");
  await touch(sides, "VmA");
  await vi.waitFor(() => expect(told(sides, bare)).toEqual(["UPDATED VmA"]));
  expect(bare.closed).toBeNull();
});

test("What becomes a part of what is seen is CREATED, and DELETED when it is none any more", async () => {
  const sides = await openSides();
  const bare = await listen(sides, "eve", CHANGES);
  await joined(sides, bare);
  const { engine, ids } = sides;
  const attachment = await engine.unitOfWork.run(
    SPEC_ORIGIN,
    (tx) =>
    insertWithDefaults(tx, "DiskAttachment", { vmId: ids["VmA"]!, diskId: ids["LooseDiskA"]!, bootable: false, interface: "VIRTIO", readOnly: false, active: true }), // prettier-ignore
  );
  await vi.waitFor(() => expect(told(sides, bare)).toEqual(["CREATED DiskAttachment", "CREATED LooseDiskA"]));
  bare.payloads.length = 0;
  await engine.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.remove("DiskAttachment", tx.need("DiskAttachment", attachment.id)));
  await vi.waitFor(() => expect(told(sides, bare)).toEqual(["DELETED DiskAttachment", "DELETED LooseDiskA"]));
});

test("Who saw everything with others goes on alone when his rights change, and they go on as before", async () => {
  const sides = await openSides();
  const all = given(await give(sides, { role: "ReadOnlyAdmin" }));
  await give(sides, { role: "ReadOnlyAdmin", to: "bob" });
  const [eve, bob] = [await listen(sides, "eve", CHANGES), await bareSocket(sides.url, { authorization: `Bearer ${sides.tokens.bob}` })];
  bob.send({ id: "1", type: "subscribe", payload: { query: `subscription { ${CHANGES} }` } });
  await joined(sides, eve, "VmB");
  await joined(sides, bob, "VmB");
  eve.payloads.length = 0;
  await take(sides, all);
  await touch(sides, "VmB");
  await touch(sides, "VmA");
  await vi.waitFor(() => expect(told(sides, eve)).toContain("UPDATED VmA"));
  const words = told(sides, eve);
  expect(words).not.toContain("UPDATED VmB");
  expect(words.filter((word) => /Host|VmB|StorageDomain|LooseDisk/.test(word)).toSorted()).toEqual(
    ["HostA", "HostB", "LooseDiskA", "LooseDiskB", "OtherVmA", "OtherVmB", "StorageDomainA", "StorageDomainB", "VmB"]
      .filter((name) => /Host|VmB|StorageDomain|LooseDisk/.test(name))
      .map((name) => `DELETED ${name}`),
  );
  await vi.waitFor(() => expect(told(sides, bob)).toEqual(expect.arrayContaining(["UPDATED VmB", "UPDATED VmA"])));
  expect(told(sides, bob).filter((word) => word.startsWith("DELETED"))).toEqual(["DELETED Permission"]);
  // And back: he sees all again, and is told so.
  eve.payloads.length = 0;
  await give(sides, { role: "ReadOnlyAdmin" });
  await vi.waitFor(() =>
    expect(told(sides, eve)).toEqual(expect.arrayContaining(["CREATED HostB", "CREATED VmB", "CREATED StorageDomainA"])),
  );
});

test("Who resumes from before his rights changed is told of a gap where nobody knows any more what he saw", async () => {
  const sides = await openSides();
  const { cursor } = sides.engine.journal.snapshot();
  await give(sides, { role: "UserRole", on: ["Vm", "VmB"] });
  for (let number = 0; number < 2_100; number++) {
    // Out of the entries that are kept in memory.
    if (number % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    await touch(sides);
  }
  const bare = await listen(sides, "eve", CHANGES.replace("changes", `changes(kinds: [Vm], after: "${cursor}")`));
  await vi.waitFor(() => expect(bare.payloads.length).toBeGreaterThan(0));
  expect(told(sides, bare)[0]).toBe("gap");
}, 120_000);

test("Statistics of what is not seen any more stop at once, and the rest is told as a whole", async () => {
  const sides = await openSides();
  const bare = await listen(sides, "carol", "vmStatistics(intervalMs: 1000) { complete vms { vmId } }");
  const frames = () => bare.payloads.map(({ data: { vmStatistics } }) => [vmStatistics.complete, ...vmStatistics.vms.map(({ vmId }: any) => sides.names.get(vmId)).toSorted()]); // prettier-ignore
  await vi.waitFor(() => expect(frames()).toEqual([[true, "OtherVmA", "VmA"]]));
  await give(sides, { role: "UserRole", on: ["Vm", "VmB"], to: "carol" });
  await vi.waitFor(() => expect(frames().at(-1)).toEqual([true, "OtherVmA", "VmA", "VmB"]));
  await take(sides, sides.ids["carol's permission"]!);
  const record = (value: number) => {
    for (const side of ["A", "B"]) {
      const vms = [sides.ids[`Vm${side}`]!, sides.ids[`OtherVm${side}`]!];
      sides.engine.statistics.record(sides.ids[`Host${side}`]!, sample(vms.map(() => [value, value])), vms);
    }
  };
  record(50);
  await vi.waitFor(() => expect(frames().at(-1)).toEqual([true, "VmB"]));
  record(60);
  await vi.waitFor(() => expect(frames().at(-1)).toEqual([false, "VmB"]));
});

test("Statistics that are shared are no longer shared with whom they do not concern", async () => {
  const sides = await openSides();
  const all = given(await give(sides, { role: "ReadOnlyAdmin" }));
  const [eve, admin] = [await listen(sides, "eve", "hostStatistics(intervalMs: 1000) { hosts { hostId } }"), await listen(sides, "admin", "hostStatistics(intervalMs: 1000) { hosts { hostId } }")]; // prettier-ignore
  await vi.waitFor(() => expect([eve.payloads.length, admin.payloads.length]).toEqual([1, 1]));
  expect(eve.payloads[0].data.hostStatistics.hosts).toHaveLength(2);
  await take(sides, all);
  await vi.waitFor(() => expect(eve.payloads.at(-1).data.hostStatistics.hosts).toEqual([]));
});

test("A job that is not seen any more is told to its end", async () => {
  const sides = await openSides();
  const bare = await listen(sides, "carol", `job(id: "${sides.ids["JobA"]}") { id }`);
  await vi.waitFor(() => expect(bare.payloads).toHaveLength(1));
  await give(sides, { role: "DiskCreator", to: "carol" });
  await take(sides, sides.ids["carol's permission"]!);
  await vi.waitFor(() => expect(bare.others.filter(({ type }) => type === "complete")).toHaveLength(1));
  expect([bare.payloads.length, bare.closed]).toEqual([1, null]);
});

test("A job that many follow at once is told on to those who still see it", async () => {
  const sides = await openSides();
  const { JobB: id = "" } = sides.ids;
  const all = given(await give(sides, { role: "ReadOnlyAdmin" }));
  await give(sides, { role: "ReadOnlyAdmin", to: "bob" });
  const follow = `job(id: "${id}") { description }`;
  const eve = await listen(sides, "eve", follow);
  const bob = await bareSocket(sides.url, { authorization: `Bearer ${sides.tokens.bob}` });
  bob.send({ id: "1", type: "subscribe", payload: { query: `subscription { ${follow} }` } });
  await vi.waitFor(() => expect([eve.payloads.length, bob.payloads.length]).toEqual([1, 1]));
  await take(sides, all);
  await vi.waitFor(() => expect(eve.others.filter(({ type }) => type === "complete")).toHaveLength(1));
  await sides.engine.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.update("Job", tx.need("Job", id), { description: "Told on." }));
  await vi.waitFor(() => expect(bob.payloads.at(-1).data.job.description).toBe("Told on."));
  expect(bob.others.filter(({ type }) => type === "complete")).toEqual([]);
  expect(eve.payloads).toHaveLength(1);
});

test("Who sees everything reads the snapshot itself, and grants are compiled once for as long as no permission changes", async () => {
  const sides = await openSides();
  const { journal } = sides.engine;
  const [admin, eve] = [sides.ids["admin"]!, sides.ids["eve"]!];
  const before = journal.snapshot();
  const view = (snapshot: typeof before, userId: string) => viewOf(snapshot, { grants: grantsOf(snapshot, userId) });
  expect(view(before, admin)).toBe(before);
  expect(view(before, eve)).toBe(view(before, eve));
  expect(view(before, eve)).not.toBe(before);
  await touch(sides);
  expect(grantsOf(journal.snapshot(), eve)).toBe(grantsOf(before, eve));
  expect(view(journal.snapshot(), eve)).not.toBe(view(before, eve));
  await give(sides, { role: "UserRole", on: ["Vm", "VmB"], to: "carol" });
  expect(grantsOf(journal.snapshot(), eve)).not.toBe(grantsOf(before, eve));
});
