import { expect, test } from "vitest";
import type { Caller } from "../../src/domain/access/caller.ts";
import type { Permit } from "../../src/domain/access/permits.ts";
import { describeDatabases } from "../support/database.ts";
import { openWorld, type Request } from "../support/nouns.ts";

const GIB = 1024 ** 3;
const none = { id: "none" };
const update = { id: "none", input: {} };
const name = "x";

/**
 * Every verb: the permits it asks for, oVirt's; who may use it (o: also UserRole, -: only SuperUser); what is asked of it. What is
 * asked is about things that there are not: whoever lacks the permit must not learn that. Written by hand, as oVirt has it:
 * whoever changes what somebody may do changes it here.
 */
const VERBS: Record<string, [permits: string, who: "o" | "-", request: Request]> = {
  startVm: ["RUN_VM", "o", none],
  stopVm: ["STOP_VM", "o", none],
  discardVmMemory: ["STOP_VM", "o", none],
  shutdownVm: ["SHUT_DOWN_VM", "o", none],
  rebootVm: ["REBOOT_VM", "o", none],
  suspendVm: ["HIBERNATE_VM", "o", none],
  migrateVm: ["MIGRATE_VM", "-", none],
  cancelVmMigration: ["MIGRATE_VM", "-", none],
  addVm: ["CREATE_VM", "-", { input: { name, clusterId: "none" } }],
  updateVm: ["EDIT_VM_PROPERTIES", "-", update],
  removeVm: ["DELETE_VM", "-", none],
  addNic: ["CONFIGURE_VM_NETWORK", "-", { input: { vmId: "none" } }],
  updateNic: ["CONFIGURE_VM_NETWORK", "-", update],
  removeNic: ["CONFIGURE_VM_NETWORK", "-", none],
  addDiskAttachment: ["CONFIGURE_VM_STORAGE ATTACH_DISK", "-", { input: { vmId: "none", diskId: "none" } }],
  updateDiskAttachment: ["CONFIGURE_VM_STORAGE", "-", update],
  removeDiskAttachment: ["CONFIGURE_VM_STORAGE", "-", none],
  addDisk: [
    "CREATE_DISK CONFIGURE_VM_STORAGE",
    "-",
    { input: { name, storageDomainId: "none", provisionedSize: GIB, attachment: { vmId: "none" } } },
  ],
  updateDisk: ["EDIT_DISK_PROPERTIES", "-", update],
  removeDisk: ["DELETE_DISK", "-", none],
  addTemplate: ["CREATE_TEMPLATE", "-", { input: { name } }],
  updateTemplate: ["EDIT_TEMPLATE_PROPERTIES", "-", update],
  removeTemplate: ["DELETE_TEMPLATE", "-", none],
  addHost: ["CREATE_HOST", "-", { input: { name, address: name, clusterId: "none" } }],
  updateHost: ["EDIT_HOST_CONFIGURATION", "-", update],
  removeHost: ["DELETE_HOST", "-", none],
  activateHost: ["MANIPULATE_HOST", "-", none],
  deactivateHost: ["MANIPULATE_HOST", "-", none],
  enrollCertificateHost: ["EDIT_HOST_CONFIGURATION", "-", none],
  revokeCertificateHost: ["EDIT_HOST_CONFIGURATION", "-", none],
  addCluster: ["CREATE_CLUSTER", "-", { input: { name, dataCenterId: "none" } }],
  updateCluster: ["EDIT_CLUSTER_CONFIGURATION", "-", update],
  removeCluster: ["DELETE_CLUSTER", "-", none],
  addDataCenter: ["CREATE_STORAGE_POOL", "-", { input: { name } }],
  updateDataCenter: ["EDIT_STORAGE_POOL_CONFIGURATION", "-", update],
  removeDataCenter: ["DELETE_STORAGE_POOL", "-", none],
  addStorageDomain: ["CREATE_STORAGE_DOMAIN", "-", { input: { name, dataCenterId: "none", storage: { type: "POSIXFS", path: "/x" } } }],
  updateStorageDomain: ["EDIT_STORAGE_DOMAIN_CONFIGURATION", "-", update],
  removeStorageDomain: ["DELETE_STORAGE_DOMAIN", "-", none],
  addNetwork: ["CREATE_STORAGE_POOL_NETWORK", "-", { input: { name, dataCenterId: "none" } }],
  updateNetwork: ["CONFIGURE_STORAGE_POOL_NETWORK", "-", update],
  removeNetwork: ["DELETE_STORAGE_POOL_NETWORK", "-", none],
  addVnicProfile: ["CREATE_NETWORK_VNIC_PROFILE", "-", { input: { name, networkId: "none" } }],
  updateVnicProfile: ["CONFIGURE_NETWORK_VNIC_PROFILE", "-", update],
  removeVnicProfile: ["DELETE_NETWORK_VNIC_PROFILE", "-", none],
  addUser: ["MANIPULATE_USERS", "-", { input: { userName: name, password: "long enough", roles: ["UserRole"] } }],
  updateUser: ["MANIPULATE_USERS", "-", update],
  removeUser: ["MANIPULATE_USERS", "-", none],
};
/** They are about the caller himself, or about a job that is his (oddInputs.spec.ts). */
const OWN = ["login", "logout", "refreshToken", "changePassword", "cancelJob"];
/** Their verbs make something whatever there is. */
const MAKE = ["addTemplate", "addDataCenter", "addUser"];

const permitsOf = (verb: string) => VERBS[verb]![0].split(" ") as Permit[];
const ALL = new Set(Object.keys(VERBS).flatMap(permitsOf));
const callerWith = (permits: readonly Permit[]): Caller => ({
  userId: null,
  userName: "somebody",
  permits: new Set(permits),
  scope: permits.join(),
});
const MODES = ["APPLY", "PLAN"] as const;

describeDatabases("A right", (database) => {
  test("is asked for by every verb that there is", async () => {
    const world = await openWorld(database);
    const { schema } = await world.query("{ schema: __schema { mutationType { fields { name } } } }");
    const verbs: string[] = schema.mutationType.fields.map((field: { name: string }) => field.name);
    expect(verbs.filter((verb) => !OWN.includes(verb)).toSorted()).toEqual(Object.keys(VERBS).toSorted());
  });

  test("is the one of its verb: without it that is refused by its name, and with it alone it is not", async () => {
    const world = await openWorld(database);
    for (const [verb, [, , request]] of Object.entries(VERBS))
      for (const needed of permitsOf(verb))
        for (const mode of MODES) {
          const others = [...ALL].filter((permit) => permit !== needed);
          const met = await world.refusal(verb, { ...request, mode }, callerWith(others));
          expect([verb, mode, met]).toEqual([verb, mode, `FORBIDDEN ${needed}`]);
        }
    for (const [verb, [, , request]] of Object.entries(VERBS)) {
      const met = await world.refusal(verb, { ...request, mode: "PLAN" }, callerWith(permitsOf(verb)));
      expect([verb, met]).toEqual([verb, MAKE.includes(verb) ? "done" : "NOT_FOUND"]);
    }
  });

  test("is had by role: all by SuperUser, to run VMs by UserRole, none by ReadOnlyAdmin, and nobody may anything without log-in", async () => {
    const world = await openWorld(database);
    for (const [verb, [, who, request]] of Object.entries(VERBS)) {
      const met = (as: string) => world.refusal(verb, { ...request, mode: "PLAN" }, as);
      const forbidden = `FORBIDDEN ${permitsOf(verb)[0]}`;
      const admin = MAKE.includes(verb) ? "done" : "NOT_FOUND";
      expect([verb, await met("admin")]).toEqual([verb, admin]);
      expect([verb, await met("operator")]).toEqual([verb, who === "o" ? admin : forbidden]);
      expect([verb, await met("reader")]).toEqual([verb, forbidden]);
      expect([verb, await met("nobody")]).toEqual([verb, "UNAUTHENTICATED"]);
    }
    expect(world.snapshot().count("Template")).toBe(1);
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
