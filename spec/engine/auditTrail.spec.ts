import { expect, test } from "vitest";
import { Event } from "../../src/domain/event/event.ts";
import { describeDatabases } from "../support/database.ts";
import { openWorld, type Request, type World } from "../support/nouns.ts";

const GIB = 1024 ** 3;
const LINKS = ["vm", "host", "cluster", "dataCenter", "storageDomain", "template"] as const;

/** What each verb leaves in the trail: the events from its call to the end of its job, with the objects they are shown with. */
function trailOf(world: World) {
  const seen = new Set<string>();
  const news = async () => {
    const events = await world.database.reader.find(Event, { order: { cursor: "ASC", number: "ASC" } });
    const fresh = events.filter(({ id }) => !seen.has(id));
    for (const { id } of fresh) seen.add(id);
    return fresh.map((event) => [event.name, ...LINKS.filter((link) => event[`${link}Id`] !== null)].join(" "));
  };
  /** Answers the id of the object too. */
  const act = async (verb: string, request: Request): Promise<{ id: string; trail: string[] }> => {
    const noun = verb.replace(/^[a-z]+(Certificate)?/, "");
    const field = `${noun[0]!.toLowerCase()}${noun.slice(1)}`;
    const payload = await world.act(verb, `${field} { id }`, request);
    if (payload.job) await world.ended(payload);
    return { id: payload[field]?.id ?? "", trail: await news() };
  };
  return { act, news };
}
const input = (more: object) => ({ input: more });

describeDatabases("The audit trail", (database) => {
  test("has who added, changed and removed what, with the objects concerned", async () => {
    const world = await openWorld(database);
    const { act, news } = trailOf(world);
    expect(await news()).toEqual(["VDC_START"]);
    const added = async (noun: string, given: object) => {
      const { id, trail } = await act(`add${noun}`, input(given));
      const changed = (await act(`update${noun}`, { id, input: { description: "new" } })).trail;
      return { id, trail: [...trail, ...changed] };
    };
    const dataCenter = await added("DataCenter", { name: "dc" });
    const dataCenterId = dataCenter.id;
    expect(dataCenter.trail).toEqual(["USER_ADD_STORAGE_POOL dataCenter", "USER_UPDATE_STORAGE_POOL dataCenter"]);
    const cluster = await added("Cluster", { name: "c", dataCenterId });
    expect(cluster.trail).toEqual(["USER_ADD_CLUSTER cluster dataCenter", "USER_UPDATE_CLUSTER cluster dataCenter"]);
    const network = await added("Network", { name: "n", dataCenterId });
    expect(network.trail).toEqual(["NETWORK_ADD_NETWORK dataCenter", "NETWORK_UPDATE_NETWORK dataCenter"]);
    const profile = await added("VnicProfile", { name: "p", networkId: network.id });
    expect(profile.trail).toEqual(["ADD_VNIC_PROFILE dataCenter", "UPDATE_VNIC_PROFILE dataCenter"]);
    const template = await added("Template", { name: "t" });
    expect(template.trail).toEqual(["USER_ADD_VM_TEMPLATE_SUCCESS template", "USER_UPDATE_VM_TEMPLATE template"]);
    const vm = await added("Vm", { name: "web1", clusterId: cluster.id, templateId: template.id });
    expect(vm.trail).toEqual(["USER_ADD_VM vm cluster dataCenter template", "USER_UPDATE_VM vm cluster dataCenter template"]);
    const nic = await act("addNic", input({ vmId: vm.id }));
    expect(nic.trail).toEqual(["NETWORK_ADD_VM_INTERFACE vm cluster dataCenter"]);
    expect((await act("updateNic", { id: nic.id, input: { linked: false } })).trail).toEqual([
      "NETWORK_UPDATE_VM_INTERFACE vm cluster dataCenter",
    ]);
    const host = await added("Host", { name: "h", address: "h", clusterId: cluster.id });
    expect(host.trail).toEqual(["USER_ADD_VDS host cluster dataCenter", "USER_UPDATE_VDS host cluster dataCenter"]);
    expect((await act("enrollCertificateHost", { id: host.id })).trail).toEqual(["HOST_CERTIFICATION_ENROLLMENT_STARTED host cluster"]);
    expect((await act("revokeCertificateHost", { id: host.id })).trail).toEqual(["HOST_CERTIFICATION_IS_INVALID host cluster"]);

    const tag = await added("Tag", { name: "t" });
    expect(tag.trail).toEqual(["USER_ADD_TAG", "USER_UPDATE_TAG"]);
    const bookmark = await act("addBookmark", input({ name: "b", value: "vms:" }));
    expect(bookmark.trail).toEqual(["USER_ADD_BOOKMARK"]);
    expect((await act("updateBookmark", { id: bookmark.id, input: { name: "c" } })).trail).toEqual(["USER_UPDATE_BOOKMARK"]);

    const group = await added("AffinityGroup", { name: "g", clusterId: cluster.id });
    expect(group.trail).toEqual(["USER_ADDED_AFFINITY_GROUP cluster dataCenter", "USER_UPDATED_AFFINITY_GROUP cluster dataCenter"]);
    const label = await added("AffinityLabel", { name: "l" });
    expect(label.trail).toEqual(["USER_ADDED_AFFINITY_LABEL", "USER_UPDATED_AFFINITY_LABEL"]);
    const cpuProfile = await added("CpuProfile", { name: "p", clusterId: cluster.id });
    expect(cpuProfile.trail).toEqual(["USER_ADDED_CPU_PROFILE cluster dataCenter", "USER_UPDATED_CPU_PROFILE cluster dataCenter"]);
    const qos = await added("Qos", { name: "q", dataCenterId, type: "CPU" });
    expect(qos.trail).toEqual(["USER_ADDED_QOS dataCenter", "USER_UPDATED_QOS dataCenter"]);
    const pool = await added("MacPool", { name: "m", ranges: [{ from: "02:00:00:00:00:00", to: "02:00:00:00:00:01" }] });
    expect(pool.trail).toEqual(["MAC_POOL_ADD_SUCCESS", "MAC_POOL_EDIT_SUCCESS"]);

    const team = await act("addGroup", input({ name: "team" }));
    expect(team.trail).toEqual(["USER_ADD"]);
    const role = await added("Role", { name: "r", permitNames: ["LOGIN"] });
    expect(role.trail).toEqual(["USER_ADD_ROLE", "USER_UPDATE_ROLE"]);

    const policy = await added("SchedulingPolicy", { name: "p", weights: [{ unit: "OPTIMAL_FOR_EVEN_GUEST_DISTRIBUTION", factor: 1 }] });
    expect(policy.trail).toEqual(["USER_ADD_CLUSTER_POLICY", "USER_UPDATE_CLUSTER_POLICY"]);

    const removals = [
      ["SchedulingPolicy", policy.id, "USER_REMOVE_CLUSTER_POLICY"],
      ["Role", role.id, "USER_REMOVE_ROLE"],
      ["Group", team.id, "USER_REMOVE_AD_GROUP"],
      ["AffinityGroup", group.id, "USER_REMOVED_AFFINITY_GROUP cluster dataCenter"],
      ["AffinityLabel", label.id, "USER_REMOVED_AFFINITY_LABEL"],
      ["CpuProfile", cpuProfile.id, "USER_REMOVED_CPU_PROFILE cluster dataCenter"],
      ["Qos", qos.id, "USER_REMOVED_QOS dataCenter"],
      ["MacPool", pool.id, "MAC_POOL_REMOVE_SUCCESS"],
      ["Tag", tag.id, "USER_REMOVE_TAG"],
      ["Bookmark", bookmark.id, "USER_REMOVE_BOOKMARK"],
      ["Nic", nic.id, "NETWORK_REMOVE_VM_INTERFACE vm cluster dataCenter"],
      ["Vm", vm.id, "USER_REMOVE_VM_FINISHED vm cluster"],
      ["Template", template.id, "USER_REMOVE_VM_TEMPLATE_FINISHED template"],
      ["VnicProfile", profile.id, "REMOVE_VNIC_PROFILE dataCenter"],
      ["Network", network.id, "NETWORK_REMOVE_NETWORK dataCenter"],
      ["Host", host.id, "USER_REMOVE_VDS host cluster dataCenter"],
      ["Cluster", cluster.id, "USER_REMOVE_CLUSTER cluster dataCenter"],
      ["DataCenter", dataCenterId, "USER_REMOVE_STORAGE_POOL dataCenter"],
    ] as const;
    for (const [noun, id, expected] of removals) expect((await act(`remove${noun}`, { id })).trail).toEqual([expected]);
  });

  test("has what became of storage and disks, also when it failed", async () => {
    const world = await openWorld(database);
    const { act, news } = trailOf(world);
    await world.addHost("h1");
    const { dataCenterId } = world.defaults;
    const vmId = await world.addVm("web1");
    await news();
    const domain = (name: string) => input({ name, dataCenterId, storage: { type: "POSIXFS", path: `/srv/${name}` } });
    const { id: storageDomainId, trail } = await act("addStorageDomain", domain("a"));
    expect(trail).toEqual(["USER_ADD_STORAGE_DOMAIN dataCenter storageDomain"]);
    const described = { id: storageDomainId, input: { description: "x" } };
    expect((await act("updateStorageDomain", described)).trail).toEqual(["USER_UPDATE_STORAGE_DOMAIN dataCenter storageDomain"]);
    const failing = async (method: Parameters<World["hosts"]["fail"]>[0], work: () => Promise<{ trail: string[] }>) => {
      world.hosts.fail(method, "STORAGE");
      const met = await work();
      world.hosts.fail(method, null);
      return met.trail;
    };
    expect(await failing("storage.connect", () => act("addStorageDomain", domain("b")))).toEqual([
      "USER_ADD_STORAGE_DOMAIN_FAILED dataCenter",
    ]);

    const profile = await act("addDiskProfile", input({ name: "p", storageDomainId }));
    expect(profile.trail).toEqual(["USER_ADDED_DISK_PROFILE dataCenter storageDomain"]);
    expect((await act("updateDiskProfile", { id: profile.id, input: { comment: "x" } })).trail).toEqual([
      "USER_UPDATED_DISK_PROFILE dataCenter storageDomain",
    ]);
    expect((await act("removeDiskProfile", { id: profile.id })).trail).toEqual(["USER_REMOVED_DISK_PROFILE dataCenter storageDomain"]);

    const disk = (name: string, attachment?: object) =>
      input({ name, storageDomainId, provisionedSize: GIB, ...(attachment && { attachment }) });
    const floating = await act("addDisk", disk("d1"));
    expect(floating.trail).toEqual(["USER_ADD_DISK dataCenter storageDomain", "USER_ADD_DISK_FINISHED_SUCCESS dataCenter storageDomain"]);
    const ofVm = await act("addDisk", disk("d2", { vmId }));
    expect(ofVm.trail).toEqual([
      "USER_ADD_DISK_TO_VM vm dataCenter storageDomain",
      "USER_ADD_DISK_TO_VM_FINISHED_SUCCESS vm dataCenter storageDomain",
    ]);
    expect(await failing("disk.create", () => act("addDisk", disk("d3")))).toEqual([
      "USER_ADD_DISK dataCenter storageDomain",
      "USER_ADD_DISK_FINISHED_FAILURE dataCenter storageDomain",
    ]);
    expect(await failing("disk.create", () => act("addDisk", disk("d4", { vmId })))).toEqual([
      "USER_ADD_DISK_TO_VM vm dataCenter storageDomain",
      "USER_ADD_DISK_TO_VM_FINISHED_FAILURE vm dataCenter storageDomain",
    ]);
    const { id } = floating;
    expect((await act("updateDisk", { id, input: { description: "x" } })).trail).toEqual(["USER_UPDATE_DISK dataCenter storageDomain"]);
    expect((await act("updateDisk", { id, input: { provisionedSize: 2 * GIB } })).trail).toEqual([
      "USER_EXTENDED_DISK_SIZE dataCenter storageDomain",
      "USER_EXTEND_DISK_SIZE_SUCCESS dataCenter storageDomain",
    ]);
    expect(await failing("disk.resize", () => act("updateDisk", { id, input: { provisionedSize: 3 * GIB } }))).toEqual([
      "USER_EXTENDED_DISK_SIZE dataCenter storageDomain",
      "USER_EXTEND_DISK_SIZE_FAILURE dataCenter storageDomain",
    ]);
    const attached = await act("addDiskAttachment", input({ vmId, diskId: id }));
    expect(attached.trail).toEqual(["USER_ATTACH_DISK_TO_VM vm cluster storageDomain"]);
    expect((await act("updateDiskAttachment", { id: attached.id, input: { readOnly: true } })).trail).toEqual([
      "USER_UPDATE_VM_DISK vm cluster storageDomain",
    ]);
    expect((await act("removeDiskAttachment", { id: attached.id })).trail).toEqual(["USER_DETACH_DISK_FROM_VM vm cluster storageDomain"]);
    expect(await failing("disk.remove", () => act("removeDisk", { id }))).toEqual([
      "USER_REMOVE_DISK_INITIATED dataCenter storageDomain",
      "USER_FINISHED_FAILED_REMOVE_DISK dataCenter storageDomain",
    ]);
    expect((await act("removeDisk", { id })).trail).toEqual([
      "USER_REMOVE_DISK_INITIATED dataCenter storageDomain",
      "USER_FINISHED_REMOVE_DISK dataCenter storageDomain",
    ]);
    expect(await failing("disk.remove", () => act("removeVm", { id: vmId }))).toEqual(["USER_FAILED_REMOVE_VM vm cluster"]);
    expect((await act("removeVm", { id: vmId })).trail).toEqual(["USER_REMOVE_VM_FINISHED vm cluster"]);
    expect(await failing("storage.remove", () => act("removeStorageDomain", { id: storageDomainId }))).toEqual([
      "USER_REMOVE_STORAGE_DOMAIN_FAILED dataCenter storageDomain",
    ]);
    expect((await act("removeStorageDomain", { id: storageDomainId })).trail).toEqual(["USER_REMOVE_STORAGE_DOMAIN dataCenter"]);
  });
});
