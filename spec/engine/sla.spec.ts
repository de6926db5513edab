import { expect, test } from "vitest";
import { placeVm } from "../../src/domain/placement/placeVm.ts";
import { domainXmlFor } from "../../src/domain/vm/domainXmlFor.ts";
import { capabilities } from "../placement/rows.ts";
import { describeDatabases, projectDatabase, SPEC_ORIGIN } from "../support/database.ts";
import { fieldOf } from "../support/nounTable.ts";
import { openWorld, type World } from "../support/nouns.ts";

const GIB = 2 ** 30;
const add = async (world: World, noun: string, input: object): Promise<string> =>
  (await world.act(`add${noun}`, `${fieldOf(noun)} { id }`, { input }))[fieldOf(noun)].id;
const refused = (world: World, noun: string, input: object) => world.refusal(`add${noun}`, { input: { name: "x", ...input } });

describeDatabases("QoS and the profiles that name it", (database) => {
  test.for([
    [{ type: "CPU", maxIops: 1 }, "INVALID QOS_TYPE"],
    [{ type: "NETWORK", cpuLimit: 1 }, "INVALID QOS_TYPE"],
    [{ type: "STORAGE", maxThroughput: 1, maxReadThroughput: 1 }, "INVALID QOS_TOTAL_AND_PARTS"],
    [{ type: "STORAGE", maxIops: 1, maxWriteIops: 1 }, "INVALID QOS_TOTAL_AND_PARTS"],
    [{ type: "NETWORK", inboundAverage: 1 }, "INVALID QOS_INCOMPLETE"],
    [{ type: "NETWORK", outboundAverage: 2, outboundPeak: 1, outboundBurst: 1 }, "INVALID RANGE"],
    [{ type: "HOSTNETWORK", outboundAverageRealtime: 2, outboundAverageUpperlimit: 1 }, "INVALID RANGE"],
    [{ type: "CPU", cpuLimit: 101 }, "INVALID RANGE"],
    [{ type: "NETWORK", inboundAverage: 1, inboundPeak: 1, inboundBurst: 1 }, "done"],
    [{ type: "HOSTNETWORK", outboundAverageLinkshare: 50, outboundAverageUpperlimit: 10, outboundAverageRealtime: 5 }, "done"],
  ] as const)("hold what fits together: %j", async ([input, met]) => {
    const world = await openWorld(database);
    expect(await refused(world, "Qos", { dataCenterId: world.defaults.dataCenterId, ...input })).toBe(met);
  });

  test("are of one kind and in one place with what they limit", async () => {
    const world = await openWorld(database);
    const { dataCenterId, clusterId, networkId } = world.defaults;
    const storageDomainId = await world.addDomain();
    const elsewhere = await add(world, "DataCenter", { name: "elsewhere" });
    const cpu = await add(world, "Qos", { name: "cpu", dataCenterId, type: "CPU", cpuLimit: 50 });
    const far = await add(world, "Qos", { name: "far", dataCenterId: elsewhere, type: "CPU" });
    const storage = await add(world, "Qos", { name: "storage", dataCenterId, type: "STORAGE" });
    expect(await refused(world, "CpuProfile", { clusterId, qosId: storage })).toBe("INVALID QOS_TYPE");
    expect(await refused(world, "CpuProfile", { clusterId, qosId: far })).toBe("INVALID OTHER_DATA_CENTER");
    expect(await refused(world, "DiskProfile", { storageDomainId, qosId: cpu })).toBe("INVALID QOS_TYPE");
    expect(await refused(world, "VnicProfile", { networkId, qosId: cpu })).toBe("INVALID QOS_TYPE");
    const otherCluster = await add(world, "Cluster", { name: "c2", dataCenterId });
    const profile = await add(world, "CpuProfile", { name: "p", clusterId: otherCluster, qosId: cpu });
    expect(await refused(world, "Vm", { clusterId, cpuProfileId: profile })).toBe("INVALID OTHER_CLUSTER");
    const otherDomain = await world.addDomain("other");
    const diskProfileId = await add(world, "DiskProfile", { name: "p", storageDomainId: otherDomain, qosId: storage });
    expect(await refused(world, "Disk", { storageDomainId, provisionedSize: GIB, diskProfileId })).toBe("INVALID OTHER_STORAGE_DOMAIN");
  });

  test("reach the domain of a VM, and let go when the QoS is removed; a profile in use stays", async () => {
    const world = await openWorld(database);
    const { dataCenterId, clusterId, networkId } = world.defaults;
    const storageDomainId = await world.addDomain();
    const hostId = [...world.snapshot().all("Host")][0]!.id;
    const qos = {
      cpu: await add(world, "Qos", { name: "cpu", dataCenterId, type: "CPU", cpuLimit: 25 }),
      storage: await add(world, "Qos", { name: "storage", dataCenterId, type: "STORAGE", maxIops: 321 }),
      network: await add(world, "Qos", {
        name: "net",
        dataCenterId,
        type: "NETWORK",
        outboundAverage: 8,
        outboundPeak: 8,
        outboundBurst: 1,
      }),
    };
    const cpuProfileId = await add(world, "CpuProfile", { name: "p", clusterId, qosId: qos.cpu });
    const diskProfileId = await add(world, "DiskProfile", { name: "p", storageDomainId, qosId: qos.storage });
    const vnicProfileId = await add(world, "VnicProfile", { name: "p", networkId, qosId: qos.network });
    const vmId = await add(world, "Vm", { name: "web1", clusterId, cpuProfileId });
    await add(world, "Nic", { vmId, vnicProfileId });
    const disk = { name: "d", storageDomainId, provisionedSize: GIB, diskProfileId, attachment: { vmId } };
    await world.ended(await world.act("addDisk", "disk { id }", { input: disk }));
    const xml = () => domainXmlFor(world.snapshot(), vmId, hostId);
    expect(xml()).toMatch(/<quota>25000<\/quota>[\s\S]*<total_iops_sec>321<\/total_iops_sec>[\s\S]*<outbound average="977"/u);
    expect(await world.refusal("removeCpuProfile", { id: cpuProfileId })).toBe("CONFLICT IN_USE");
    expect(await world.refusal("removeDiskProfile", { id: diskProfileId })).toBe("CONFLICT IN_USE");
    for (const id of Object.values(qos)) expect(await world.refusal("removeQos", { id })).toBe("done");
    expect(xml()).not.toMatch(/quota|total_iops_sec|outbound/u);
  });
});

/** Three hosts, and VMs by name that run on the host given, or nowhere. */
async function placed(vms: Record<string, 0 | 1 | 2 | null>) {
  const world = await openWorld(projectDatabase());
  const hosts = [await world.addHost("h0"), await world.addHost("h1"), await world.addHost("h2")];
  const ids = {} as Record<string, string>;
  for (const [name, at] of Object.entries(vms)) {
    ids[name] = await world.addVm(name);
    const row = at === null ? {} : ({ hostId: hosts[at]!, status: "UP" } as const);
    await world.unitOfWork.run(SPEC_ORIGIN, (tx) => void tx.update("Vm", tx.need("Vm", ids[name]!), row));
  }
  await world.unitOfWork.run(SPEC_ORIGIN, (tx) => {
    for (const id of hosts) tx.update("Host", tx.need("Host", id), { capabilities: capabilities() });
  });
  const { clusterId } = world.defaults;
  const rule = (positive: boolean, enforcing: boolean) => ({ enabled: true, positive, enforcing });
  const place = (name: string) => {
    const { choice, ranked, refusals } = placeVm(world.snapshot(), world.snapshot().need("Vm", ids[name]!));
    expect(choice?.hostId).toBe(ranked[0]?.hostId);
    return {
      ranked: ranked.map(({ hostId }) => hosts.indexOf(hostId)),
      refused: Object.fromEntries(refusals.map(({ hostId, code }) => [hosts.indexOf(hostId), code])),
    };
  };
  const group = (vmNames: string[], more: object) =>
    add(world, "AffinityGroup", {
      name: `g${vmNames.join()}`.replaceAll(",", "-"),
      clusterId,
      vmIds: vmNames.map((name) => ids[name]),
      ...more,
    });
  return { world, hosts, ids, rule, place, group };
}

test("VMs of a group start together, or apart, where that must be", async () => {
  const { place, group, rule } = await placed({ a: 1, b: null, c: 0, d: null, e: 2 });
  await group(["a", "b"], { vmsRule: rule(true, true) });
  expect(place("b")).toEqual({ ranked: [1], refused: { 0: "VM_AFFINITY", 2: "VM_AFFINITY" } });
  await group(["c", "d", "e"], { vmsRule: rule(false, true) });
  expect(place("d")).toEqual({ ranked: [1], refused: { 0: "VM_AFFINITY", 2: "VM_AFFINITY" } });
});

test("The first VM of a group that runs together starts anywhere", async () => {
  const { place, group, rule } = await placed({ a: null, b: null });
  await group(["a", "b"], { vmsRule: rule(true, true) });
  expect(place("a").ranked).toHaveLength(3);
});

test("What a group only wishes decides among hosts, and refuses none", async () => {
  const { place, group, rule } = await placed({ a: 2, b: null, c: 0, d: null });
  await group(["a", "b"], { vmsRule: rule(true, false) });
  expect(place("b").ranked[0]).toBe(2);
  expect(place("b").ranked).toHaveLength(3);
  await group(["c", "d"], { vmsRule: rule(false, false) });
  expect(place("d").ranked.at(-1)).toBe(0);
});

test("A group keeps its VMs on its hosts, or off them", async () => {
  const { place, group, rule, hosts } = await placed({ a: null, b: null });
  await group(["a"], { hostIds: [hosts[1]], hostsRule: rule(true, true) });
  expect(place("a")).toEqual({ ranked: [1], refused: { 0: "HOST_AFFINITY", 2: "HOST_AFFINITY" } });
  await group(["b"], { hostIds: [hosts[1]], hostsRule: rule(false, true) });
  expect(place("b").refused).toEqual({ 1: "HOST_AFFINITY" });
});

test("A VM with a label starts on hosts with it alone", async () => {
  const { world, place, hosts, ids } = await placed({ a: null, b: null });
  await add(world, "AffinityLabel", { name: "gpu", vmIds: [ids["a"]], hostIds: [hosts[2]] });
  expect(place("a")).toEqual({ ranked: [2], refused: { 0: "LABEL", 1: "LABEL" } });
  expect(place("b").refused).toEqual({});
});

test("A group says whether it is broken, and takes no member of another cluster", async () => {
  const { world, group, rule, ids } = await placed({ a: 0, b: 1, c: null });
  const id = await group(["a", "b"], { vmsRule: rule(true, true) });
  const broken = async () => (await world.query("query ($id: ID!) { affinityGroup(id: $id) { broken } }", { id })).affinityGroup.broken;
  expect(await broken()).toBe(true);
  await world.act("updateAffinityGroup", "__typename", { id, input: { vmsRule: rule(false, true) } });
  expect(await broken()).toBe(false);
  const clusterId = await add(world, "Cluster", { name: "c2", dataCenterId: world.defaults.dataCenterId });
  expect(await refused(world, "AffinityGroup", { clusterId, vmIds: [ids["c"]] })).toBe("INVALID OTHER_CLUSTER");
});
