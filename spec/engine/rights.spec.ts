import { expect, test } from "vitest";
import type { Caller } from "../../src/domain/access/caller.ts";
import type { Permit } from "../../src/domain/access/permits.ts";
import { PREDEFINED_ROLES } from "../../src/domain/access/roles.ts";
import { describeDatabases } from "../support/database.ts";
import { openWorld, type Request, type World } from "../support/nouns.ts";

const GIB = 1024 ** 3;
const name = "x";

/** One object of each noun, by its id. */
type There = Awaited<ReturnType<typeof furnish>>;
async function furnish(world: World) {
  const { clusterId: cluster, dataCenterId: dataCenter, networkId: network, vnicProfileId: vnicProfile } = world.defaults;
  const storageDomain = await world.addDomain();
  const made = async (noun: string, input: object): Promise<string> =>
    (await world.act(`add${noun}`, "made: " + noun[0]!.toLowerCase() + noun.slice(1) + " { id }", { input })).made.id;
  const vm = await world.addVm("web1");
  const disk = await made("Disk", { name: "d1", storageDomainId: storageDomain, provisionedSize: GIB });
  await expect.poll(() => world.snapshot().need("Disk", disk).status).toBe("OK");
  const diskAttachment = await made("DiskAttachment", { vmId: vm, diskId: disk });
  const nic = await made("Nic", { vmId: vm });
  const template = await made("Template", { name: "t" });
  const tag = await made("Tag", { name: "t" });
  const bookmark = await made("Bookmark", { name: "b", value: "vms:" });
  const affinityGroup = await made("AffinityGroup", { name: "g", clusterId: cluster });
  const affinityLabel = await made("AffinityLabel", { name: "l" });
  const cpuProfile = await made("CpuProfile", { name: "c", clusterId: cluster });
  const diskProfile = await made("DiskProfile", { name: "d", storageDomainId: storageDomain });
  const instanceType = await made("InstanceType", { name: "i" });
  const macPool = await made("MacPool", { name: "m", ranges: [{ from: "02:00:00:00:00:00", to: "02:00:00:00:00:ff" }] });
  const qos = await made("Qos", { name: "q", dataCenterId: dataCenter, type: "CPU" });
  const group = await made("Group", { name: "gr" });
  const role = await made("Role", { name: "r", permitNames: ["LOGIN"] });
  const schedulingPolicy = await made("SchedulingPolicy", {
    name: "p",
    weights: [{ unit: "OPTIMAL_FOR_EVEN_GUEST_DISTRIBUTION", factor: 1 }],
  });
  const user = await made("User", { userName: "u", password: "long enough", roles: ["UserRole"] });
  const permission = [...world.snapshot().by("Permission", "userId", user)][0]!.id;
  const host = [...world.snapshot().all("Host")][0]!.id;
  return {
    vm,
    nic,
    diskAttachment,
    disk,
    template,
    host,
    cluster,
    dataCenter,
    storageDomain,
    network,
    vnicProfile,
    tag,
    bookmark,
    affinityGroup,
    affinityLabel,
    cpuProfile,
    diskProfile,
    instanceType,
    macPool,
    schedulingPolicy,
    group,
    role,
    qos,
    user,
    permission,
  };
}

/**
 * Every verb: the permits it asks for, oVirt's; who may use it (o: also UserRole, -: only SuperUser); the input of an add. What is
 * asked is about things that there are: of others nobody learns whether he may. Written by hand, as oVirt has it: whoever changes
 * what somebody may do changes it here.
 */
const VERBS: Record<string, [permits: string, who: "o" | "-", input?: (there: There) => object]> = {
  startVm: ["RUN_VM", "o"],
  stopVm: ["STOP_VM", "o"],
  discardVmMemory: ["STOP_VM", "o"],
  shutdownVm: ["SHUT_DOWN_VM", "o"],
  rebootVm: ["REBOOT_VM", "o"],
  resetVm: ["RESET_VM", "o"],
  suspendVm: ["HIBERNATE_VM", "o"],
  migrateVm: ["MIGRATE_VM", "-"],
  cancelVmMigration: ["MIGRATE_VM", "-"],
  addVm: ["CREATE_VM", "-", (there) => ({ name, clusterId: there.cluster, templateId: there.template })],
  updateVm: ["EDIT_VM_PROPERTIES", "-"],
  removeVm: ["DELETE_VM", "-"],
  addNic: ["CONFIGURE_VM_NETWORK", "-", (there) => ({ vmId: there.vm, vnicProfileId: there.vnicProfile })],
  updateNic: ["CONFIGURE_VM_NETWORK", "-"],
  removeNic: ["CONFIGURE_VM_NETWORK", "-"],
  addDiskAttachment: ["CONFIGURE_VM_STORAGE ATTACH_DISK", "-", (there) => ({ vmId: there.vm, diskId: there.disk })],
  updateDiskAttachment: ["CONFIGURE_VM_STORAGE", "-"],
  removeDiskAttachment: ["CONFIGURE_VM_STORAGE", "-"],
  addDisk: [
    "CREATE_DISK CONFIGURE_VM_STORAGE",
    "-",
    (there) => ({ name, storageDomainId: there.storageDomain, provisionedSize: GIB, attachment: { vmId: there.vm } }),
  ],
  updateDisk: ["EDIT_DISK_PROPERTIES", "-"],
  removeDisk: ["DELETE_DISK", "-"],
  addTemplate: ["CREATE_TEMPLATE", "-", () => ({ name })],
  updateTemplate: ["EDIT_TEMPLATE_PROPERTIES", "-"],
  removeTemplate: ["DELETE_TEMPLATE", "-"],
  addHost: ["CREATE_HOST", "-", (there) => ({ name, address: name, clusterId: there.cluster })],
  updateHost: ["EDIT_HOST_CONFIGURATION", "-"],
  removeHost: ["DELETE_HOST", "-"],
  activateHost: ["MANIPULATE_HOST", "-"],
  deactivateHost: ["MANIPULATE_HOST", "-"],
  enrollCertificateHost: ["EDIT_HOST_CONFIGURATION", "-"],
  revokeCertificateHost: ["EDIT_HOST_CONFIGURATION", "-"],
  addCluster: ["CREATE_CLUSTER", "-", (there) => ({ name, dataCenterId: there.dataCenter })],
  updateCluster: ["EDIT_CLUSTER_CONFIGURATION", "-"],
  removeCluster: ["DELETE_CLUSTER", "-"],
  addDataCenter: ["CREATE_STORAGE_POOL", "-", () => ({ name })],
  updateDataCenter: ["EDIT_STORAGE_POOL_CONFIGURATION", "-"],
  removeDataCenter: ["DELETE_STORAGE_POOL", "-"],
  addStorageDomain: [
    "CREATE_STORAGE_DOMAIN",
    "-",
    (there) => ({ name, dataCenterId: there.dataCenter, storage: { type: "POSIXFS", path: "/x" } }),
  ],
  updateStorageDomain: ["EDIT_STORAGE_DOMAIN_CONFIGURATION", "-"],
  removeStorageDomain: ["DELETE_STORAGE_DOMAIN", "-"],
  addNetwork: ["CREATE_STORAGE_POOL_NETWORK", "-", (there) => ({ name, dataCenterId: there.dataCenter })],
  updateNetwork: ["CONFIGURE_STORAGE_POOL_NETWORK", "-"],
  removeNetwork: ["CONFIGURE_STORAGE_POOL_NETWORK", "-"],
  addVnicProfile: ["CREATE_NETWORK_VNIC_PROFILE", "-", (there) => ({ name, networkId: there.network })],
  updateVnicProfile: ["CONFIGURE_NETWORK_VNIC_PROFILE", "-"],
  removeVnicProfile: ["DELETE_NETWORK_VNIC_PROFILE", "-"],
  addTag: ["TAG_MANAGEMENT", "-", () => ({ name })],
  updateTag: ["TAG_MANAGEMENT", "-"],
  removeTag: ["TAG_MANAGEMENT", "-"],
  addBookmark: ["BOOKMARK_MANAGEMENT", "-", () => ({ name, value: "vms:" })],
  updateBookmark: ["BOOKMARK_MANAGEMENT", "-"],
  removeBookmark: ["BOOKMARK_MANAGEMENT", "-"],
  addAffinityGroup: ["MANIPULATE_AFFINITY_GROUPS", "-", (there) => ({ name, clusterId: there.cluster })],
  updateAffinityGroup: ["MANIPULATE_AFFINITY_GROUPS", "-"],
  removeAffinityGroup: ["MANIPULATE_AFFINITY_GROUPS", "-"],
  addAffinityLabel: ["MANIPULATE_AFFINITY_GROUPS", "-", () => ({ name })],
  updateAffinityLabel: ["MANIPULATE_AFFINITY_GROUPS", "-"],
  removeAffinityLabel: ["MANIPULATE_AFFINITY_GROUPS", "-"],
  addCpuProfile: ["CREATE_CPU_PROFILE", "-", (there) => ({ name, clusterId: there.cluster })],
  updateCpuProfile: ["UPDATE_CPU_PROFILE", "-"],
  removeCpuProfile: ["DELETE_CPU_PROFILE", "-"],
  addDiskProfile: ["CREATE_STORAGE_DISK_PROFILE", "-", (there) => ({ name, storageDomainId: there.storageDomain })],
  updateDiskProfile: ["CONFIGURE_STORAGE_DISK_PROFILE", "-"],
  removeDiskProfile: ["DELETE_STORAGE_DISK_PROFILE", "-"],
  addInstanceType: ["CREATE_TEMPLATE", "-", () => ({ name })],
  updateInstanceType: ["EDIT_TEMPLATE_PROPERTIES", "-"],
  removeInstanceType: ["DELETE_TEMPLATE", "-"],
  addMacPool: ["CREATE_MAC_POOL", "-", () => ({ name, ranges: [{ from: "02:00:00:00:01:00", to: "02:00:00:00:01:ff" }] })],
  updateMacPool: ["EDIT_MAC_POOL", "-"],
  removeMacPool: ["DELETE_MAC_POOL", "-"],
  addQos: ["EDIT_STORAGE_POOL_CONFIGURATION", "-", (there) => ({ name, dataCenterId: there.dataCenter, type: "CPU" })],
  updateQos: ["EDIT_STORAGE_POOL_CONFIGURATION", "-"],
  removeQos: ["EDIT_STORAGE_POOL_CONFIGURATION", "-"],
  addGroup: ["MANIPULATE_USERS", "-", () => ({ name })],
  updateGroup: ["MANIPULATE_USERS", "-"],
  removeGroup: ["MANIPULATE_USERS", "-"],
  addRole: ["MANIPULATE_ROLES", "-", () => ({ name, permitNames: [] })],
  updateRole: ["MANIPULATE_ROLES", "-"],
  removeRole: ["MANIPULATE_ROLES", "-"],
  addSchedulingPolicy: [
    "EDIT_STORAGE_POOL_CONFIGURATION",
    "-",
    () => ({ name, weights: [{ unit: "OPTIMAL_FOR_EVEN_GUEST_DISTRIBUTION", factor: 1 }] }),
  ],
  updateSchedulingPolicy: ["EDIT_STORAGE_POOL_CONFIGURATION", "-"],
  removeSchedulingPolicy: ["EDIT_STORAGE_POOL_CONFIGURATION", "-"],
  addUser: ["MANIPULATE_USERS MANIPULATE_PERMISSIONS", "-", () => ({ userName: name, password: "long enough", roles: ["UserRole"] })],
  addPermission: ["MANIPULATE_PERMISSIONS", "-", (there) => ({ userId: there.user, roleId: PREDEFINED_ROLES.DiskCreator.id })],
  removePermission: ["MANIPULATE_PERMISSIONS", "-"],
  updateUser: ["MANIPULATE_USERS", "-"],
  removeUser: ["MANIPULATE_USERS", "-"],
};
/** They are about the caller himself, or about a job that is his (oddInputs.spec.ts). */
const OWN = ["login", "logout", "refreshToken", "changePassword", "cancelJob"];

const permitsOf = (verb: string) => VERBS[verb]![0].split(" ") as Permit[];
const ALL = new Set(Object.keys(VERBS).flatMap(permitsOf));
const callerWith = (permits: readonly Permit[]): Caller => ({
  userId: null,
  userName: "somebody",
  grants: { userId: null, system: new Set(permits), objects: new Map(), groups: [], seesAll: true, key: permits.join() },
});
const MODES = ["APPLY", "PLAN"] as const;

/** What each verb is asked: about the object of its noun, an add with its input. */
function requestsOf(there: There): [verb: string, request: Request][] {
  const nouns = Object.entries(there).toSorted(([a], [b]) => b.length - a.length);
  const objectOf = (verb: string) => nouns.find(([noun]) => verb.includes(noun[0]!.toUpperCase() + noun.slice(1)))![1];
  return Object.entries(VERBS).map(([verb, [, , input]]) => {
    if (input) return [verb, { input: input(there) }];
    return [verb, verb.startsWith("update") ? { id: objectOf(verb), input: {} } : { id: objectOf(verb) }];
  });
}

describeDatabases("A right", (database) => {
  test("is asked for by every verb that there is", async () => {
    const world = await openWorld(database);
    const { schema } = await world.query("{ schema: __schema { mutationType { fields { name } } } }");
    const verbs: string[] = schema.mutationType.fields.map((field: { name: string }) => field.name);
    expect(verbs.filter((verb) => !OWN.includes(verb)).toSorted()).toEqual(Object.keys(VERBS).toSorted());
  });

  test("is the one of its verb: without it that is refused by its name, and with it alone it is not", async () => {
    const world = await openWorld(database);
    const requests = requestsOf(await furnish(world));
    const before = world.snapshot();
    for (const [verb, request] of requests)
      for (const needed of permitsOf(verb))
        for (const mode of MODES) {
          const others = [...ALL].filter((permit) => permit !== needed);
          const met = await world.refusal(verb, { ...request, mode }, callerWith(others));
          expect([verb, mode, met]).toEqual([verb, mode, `FORBIDDEN ${needed}`]);
        }
    for (const [verb, request] of requests) {
      const met = await world.refusal(verb, { ...request, mode: "PLAN" }, callerWith(permitsOf(verb)));
      expect([verb, met]).toEqual([verb, await world.refusal(verb, { ...request, mode: "PLAN" }, "admin")]);
      expect([verb, met]).not.toEqual([verb, expect.stringMatching(/FORBIDDEN|NOT_FOUND/)]);
    }
    expect(world.snapshot().cursor).toBe(before.cursor);
  });

  test("is asked for by what is taken too: no role goes without the right to give it", async () => {
    const world = await openWorld(database);
    const { user } = await furnish(world);
    const request = { id: user, input: { roles: [] }, mode: "PLAN" } as const;
    expect(await world.refusal("updateUser", request, callerWith(["MANIPULATE_USERS"]))).toBe("FORBIDDEN MANIPULATE_PERMISSIONS");
  });

  test("is had by role: all by SuperUser, to run VMs by UserRole, none by ReadOnlyAdmin, and nobody may anything without log-in", async () => {
    const world = await openWorld(database);
    for (const [verb, request] of requestsOf(await furnish(world))) {
      const met = (as: string) => world.refusal(verb, { ...request, mode: "PLAN" }, as);
      const forbidden = `FORBIDDEN ${permitsOf(verb)[0]}`;
      const admin = await met("admin");
      expect([verb, admin]).not.toEqual([verb, expect.stringContaining("FORBIDDEN")]);
      expect([verb, await met("operator")]).toEqual([verb, VERBS[verb]![1] === "o" ? admin : forbidden]);
      expect([verb, await met("reader")]).toEqual([verb, forbidden]);
      expect([verb, await met("nobody")]).toEqual([verb, "UNAUTHENTICATED"]);
    }
  });

  test("that is lacking is the first reason in `can`, for every verb of a VM and of a host", async () => {
    const world = await openWorld(database);
    const [vm, host] = [await world.addVm("web1"), await world.addHost("h1")];
    const verbsOf = { Vm: { discardMemory: "discardVmMemory", cancelMigration: "cancelVmMigration" }, Host: { enrollCertificate: "enrollCertificateHost" } }; // prettier-ignore
    for (const [kind, id, odd] of [
      ["Vm", vm, verbsOf.Vm],
      ["Host", host, verbsOf.Host],
    ] as const) {
      // prettier-ignore
      const type = `{ type: __type(name: "${kind}Can") { fields { name } } }`;
      const fields: string[] = (await world.query(type)).type.fields.map((field: { name: string }) => field.name);
      const asked = fields.map((field) => `${field} { allowed reasons { code } }`).join(" ");
      const noun = kind.toLowerCase();
      const read = (as: string) => world.query(`query ($id: ID!) { ${noun}(id: $id) { can { ${asked} } } }`, { id }, as);
      const [reader, admin] = [(await read("reader"))[noun].can, (await read("admin"))[noun].can];
      expect(fields.length).toBeGreaterThan(4);
      for (const field of fields) {
        const verb = (odd as Record<string, string>)[field] ?? `${field}${kind}`;
        expect([field, reader[field].allowed, reader[field].reasons[0].code]).toEqual([field, false, permitsOf(verb)[0]]);
        expect(reader[field].reasons.slice(1)).toEqual(admin[field].reasons);
      }
    }
  });
});
