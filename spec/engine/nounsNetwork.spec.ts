import { expect, test } from "vitest";
import { describeDatabases } from "../support/database.ts";
import { openWorld, type World } from "../support/nouns.ts";

const NIC = "nic { id name interface linked plugged mac { address } vnicProfile { name } network { name } vm { name } }";
/** A second data center with a cluster and a network; answers its profile and cluster. */
async function elsewhere({ act, snapshot }: World) {
  const { dataCenter } = await act("addDataCenter", "dataCenter { id }", { input: { name: "elsewhere" } });
  const { cluster } = await act("addCluster", "cluster { id }", { input: { name: "far", dataCenterId: dataCenter.id } });
  const { network } = await act("addNetwork", "network { id }", { input: { name: "far", dataCenterId: dataCenter.id } });
  const vnicProfileId = snapshot().by("VnicProfile", "networkId", network.id)[0]!.id;
  return { dataCenterId: dataCenter.id, clusterId: cluster.id, networkId: network.id, vnicProfileId };
}

describeDatabases("Clusters and networks", (database) => {
  test("A cluster has its data center, hosts, VMs and networks", async () => {
    const world = await openWorld(database);
    await world.addHost("h1");
    await world.addVm("web1");
    await world.addVm("web2");
    const read = `query ($id: ID!) { cluster(id: $id) { name biosType cpu { architecture type } memoryPolicy { overCommit { percent } }
      dataCenter { name clusters { name } } hosts(first: 5) { totalCount nodes { name } } vms(first: 1) { totalCount nodes { name } } networks { name } } }`;
    expect((await world.query(read, { id: world.defaults.clusterId })).cluster).toEqual({
      name: "Default",
      biosType: "Q35_SEA_BIOS",
      cpu: { architecture: "X86_64", type: null },
      memoryPolicy: { overCommit: { percent: 100 } },
      dataCenter: { name: "Default", clusters: [{ name: "Default" }] },
      hosts: { totalCount: 1, nodes: [{ name: "h1" }] },
      vms: { totalCount: 2, nodes: [{ name: "web1" }] },
      networks: [{ name: "ovirtmgmt" }],
    });
    const { clusters } = await world.query("{ clusters(first: 10) { totalCount nodes { name } } }");
    expect(clusters).toEqual({ totalCount: 1, nodes: [{ name: "Default" }] });
  });

  test("A cluster is added, changed and removed, and stays while it is in use", async () => {
    const world = await openWorld(database);
    const { dataCenterId } = world.defaults;
    const input = { name: "gold", dataCenterId, cpu: { architecture: "X86_64" }, migration: { autoConverge: false }, comment: null };
    const { cluster } = await world.act("addCluster", "cluster { id comment cpu { type } migration { autoConverge bandwidth } version }", {
      input,
    });
    expect(cluster).toMatchObject({ comment: "", cpu: { type: null }, migration: { autoConverge: false, bandwidth: null }, version: 1 });
    expect(await world.refusal("addCluster", { input })).toBe("CONFLICT DUPLICATE");
    expect(await world.refusal("updateCluster", { id: cluster.id, input: { name: "Default" } })).toBe("CONFLICT DUPLICATE");
    expect(await world.refusal("updateCluster", { id: cluster.id, input: { name: "" } })).toBe("INVALID NAME");
    const percent = (value: number) => ({ id: cluster.id, input: { memoryPolicy: { overCommit: { percent: value } } } });
    expect(await world.refusal("updateCluster", percent(99))).toBe("INVALID RANGE");
    expect(await world.refusal("updateCluster", percent(150))).toBe("done");
    await world.addHost("h1", "UP", cluster.id);
    expect(await world.refusal("removeCluster", { id: cluster.id })).toBe("CONFLICT IN_USE");
    await world.addVm("web1", "DOWN", world.defaults.clusterId);
    expect(await world.refusal("removeCluster", { id: world.defaults.clusterId })).toBe("CONFLICT IN_USE");
    await world.act("addCluster", "cluster { id }", { input: { name: "empty", dataCenterId } });
    const empty = world.snapshot().by("Cluster", "name", "empty")[0]!;
    expect(await world.refusal("removeCluster", { id: empty.id })).toBe("done");
    expect(world.snapshot().get("Cluster", empty.id)).toBeUndefined();
  });

  test("A network comes with a profile of its name, and goes with its profiles unless a NIC uses one", async () => {
    const world = await openWorld(database);
    const { dataCenterId } = world.defaults;
    const { network } = await world.act(
      "addNetwork",
      "network { id mtu required vdsmName dataCenter { name } vnicProfiles { name network { name } } }",
      {
        input: { name: "blue", dataCenterId },
      },
    );
    const { id } = network;
    expect(network).toEqual({
      id,
      mtu: 1500,
      required: false,
      vdsmName: "blue",
      dataCenter: { name: "Default" },
      vnicProfiles: [{ name: "blue", network: { name: "blue" } }],
    });
    const { vnicProfile } = await world.act("addVnicProfile", "vnicProfile { id }", { input: { name: "slow", networkId: id } });
    expect(await world.refusal("addVnicProfile", { input: { name: "slow", networkId: id } })).toBe("CONFLICT DUPLICATE");
    expect(await world.refusal("addNetwork", { input: { name: "blue", dataCenterId } })).toBe("CONFLICT DUPLICATE");
    expect(await world.refusal("updateNetwork", { id, input: { mtu: 0 } })).toBe("INVALID RANGE");
    expect(await world.refusal("updateNetwork", { id, input: { mtu: 9_000, required: true } })).toBe("done");
    const input = { name: "bridge-with-a-long-name", dataCenterId };
    expect(await world.refusal("addNetwork", { input })).toBe("INVALID BRIDGE_NAME");
    expect(await world.refusal("addNetwork", { input: { ...input, vdsmName: "br0" } })).toBe("done");

    const vmId = await world.addVm("web1");
    const { nic } = await world.act("addNic", "nic { id }", { input: { vmId, vnicProfileId: vnicProfile.id } });
    expect(await world.refusal("removeVnicProfile", { id: vnicProfile.id })).toBe("CONFLICT IN_USE");
    expect(await world.refusal("removeNetwork", { id })).toBe("CONFLICT IN_USE");
    await world.act("removeNic", "nic { id }", { id: nic.id });
    expect(await world.refusal("removeNetwork", { id })).toBe("done");
    expect(world.snapshot().by("VnicProfile", "networkId", id)).toEqual([]);
  });

  test("A bridge has a name that Linux takes, is none of its own, and carries one network of its data center", async () => {
    const world = await openWorld(database);
    const { dataCenterId } = world.defaults;
    const other = await elsewhere(world);
    const refusal = (vdsmName: string, more: object = {}) =>
      world.refusal("addNetwork", { input: { name: "n", dataCenterId, vdsmName, ...more } });
    for (const name of ["a/b", "a b", "a:b", "a\n", "", "-x", "brücke", "sixteen-letters-"])
      expect([name, await refusal(name)]).toEqual([name, "INVALID BRIDGE_NAME"]);
    for (const name of [".", "..", "lo", "all", "default"])
      expect([name, await refusal(name)]).toEqual([name, "INVALID BRIDGE_NAME_RESERVED"]);
    expect(await refusal("ovirtmgmt")).toBe("CONFLICT BRIDGE_TAKEN");
    expect(await refusal("ovirtmgmt2")).toBe("done");
    expect(await refusal("ovirtmgmt2", { name: "m" })).toBe("CONFLICT BRIDGE_TAKEN");
    expect(await refusal("ovirtmgmt2", { name: "m", dataCenterId: other.dataCenterId })).toBe("done");
    const error = await world
      .act("addNetwork", "network { id }", { input: { name: "x", dataCenterId, vdsmName: "ovirtmgmt" } })
      .catch((e) => e);
    expect(error.reasons).toEqual([{ code: "BRIDGE_TAKEN", message: "Network ovirtmgmt is on bridge ovirtmgmt.", path: "input.vdsmName" }]);
  });

  test("Of two networks that are put on one bridge at the same time one is refused", async () => {
    const world = await openWorld(database);
    const { dataCenterId } = world.defaults;
    const add = (name: string) => world.refusal("addNetwork", { input: { name, dataCenterId, vdsmName: "br9" } });
    expect((await Promise.all([add("one"), add("two")])).toSorted()).toEqual(["CONFLICT BRIDGE_TAKEN", "done"]);
  });

  test("Networks of one name may be in two data centers", async () => {
    const world = await openWorld(database);
    const other = await elsewhere(world);
    expect(await world.refusal("addNetwork", { input: { name: "ovirtmgmt", dataCenterId: other.dataCenterId } })).toBe("done");
    expect(await world.refusal("updateNetwork", { id: other.networkId, input: { name: "ovirtmgmt" } })).toBe("CONFLICT DUPLICATE");
  });
});

describeDatabases("NICs", (database) => {
  test("A NIC gets a name, a device and an address of its own", async () => {
    const world = await openWorld(database);
    const { vnicProfileId } = world.defaults;
    const vmId = await world.addVm("web1");
    const { nic } = await world.act("addNic", NIC, { input: { vmId, vnicProfileId } });
    expect(nic).toEqual({
      id: nic.id,
      name: "nic1",
      interface: "VIRTIO",
      linked: true,
      plugged: true,
      mac: { address: expect.stringMatching(/^56:6f(:[0-9a-f]{2}){4}$/) },
      vnicProfile: { name: "ovirtmgmt" },
      network: { name: "ovirtmgmt" },
      vm: { name: "web1" },
    });
    const second = await world.act("addNic", NIC, { input: { vmId } });
    expect(second.nic).toMatchObject({ name: "nic2", vnicProfile: null, network: null });
    expect(second.nic.mac.address).not.toBe(nic.mac.address);
    const given = { name: "uplink", interface: "E1000E", linked: false, plugged: false };
    const third = await world.act("addNic", NIC, { input: { ...given, vmId, mac: { address: "02:00:00:AB:CD:EF" } } });
    expect(third.nic).toMatchObject({ ...given, mac: { address: "02:00:00:ab:cd:ef" } });
    await world.act("removeNic", "nic { id }", { id: nic.id });
    expect((await world.act("addNic", NIC, { input: { vmId } })).nic.name).toBe("nic1");
  });

  test("A NIC reports what the guest says of the device with its address", async () => {
    const world = await openWorld(database);
    const vmId = await world.addVm("web1");
    const { nic } = await world.act("addNic", "nic { id mac { address } }", { input: { vmId } });
    const ips = [{ address: "10.0.0.7", version: "V4" as const }];
    const reportedDevices = [
      { name: "lo", mac: { address: "00:00:00:00:00:00" }, ips: [] },
      { name: "eth0", mac: { address: nic.mac.address.toUpperCase() }, ips },
    ];
    await world.unitOfWork.run({ userId: null, correlationId: "spec", jobId: null }, (tx) => {
      tx.update("Vm", tx.need("Vm", vmId), { reportedDevices });
    });
    const read = `query ($id: ID!) { nic(id: $id) { reportedDevices { name ips { address version } } vm { nics { id } } } }`;
    expect((await world.query(read, { id: nic.id })).nic).toEqual({
      reportedDevices: [{ name: "eth0", ips }],
      vm: { nics: [{ id: nic.id }] },
    });
  });

  test("Addresses and names that cannot be are refused", async () => {
    const world = await openWorld(database);
    const vmId = await world.addVm("web1");
    const refusal = (input: object) => world.refusal("addNic", { input: { vmId, ...input } });
    const mac = (address: string) => refusal({ mac: { address } });
    expect(await mac("56:6f:00:00:00")).toBe("INVALID MAC");
    expect(await mac("56-6f-00-00-00-01")).toBe("INVALID MAC");
    expect(await mac("01:00:5e:00:00:01")).toBe("INVALID MAC_MULTICAST");
    expect(await mac("ff:ff:ff:ff:ff:ff")).toBe("INVALID MAC_MULTICAST");
    expect(await mac("00:00:00:00:00:00")).toBe("INVALID MAC");
    expect(await refusal({ name: "a b" })).toBe("INVALID NAME");
    await world.act("addNic", "nic { id }", { input: { vmId, name: "eth", mac: { address: "56:6f:00:00:00:01" } } });
    expect(await mac("56:6F:00:00:00:01")).toBe("CONFLICT DUPLICATE");
    expect(await refusal({ name: "eth" })).toBe("CONFLICT DUPLICATE");
    const other = await elsewhere(world);
    expect(await refusal({ vnicProfileId: other.vnicProfileId })).toBe("INVALID OTHER_DATA_CENTER");
    expect(await refusal({ vnicProfileId: "none" })).toBe("NOT_FOUND UNKNOWN_ID");
    expect(await refusal({ vmId: "none" })).toBe("NOT_FOUND UNKNOWN_ID");
    expect(await world.refusal("addNic", { input: { vmId } }, "reader")).toBe("FORBIDDEN CONFIGURE_VM_NETWORK");
    expect(world.snapshot().by("Nic", "vmId", vmId)).toHaveLength(1);
  });

  test("An update changes what it names; null takes the NIC off its network", async () => {
    const world = await openWorld(database);
    const vmId = await world.addVm("web1");
    const { nic } = await world.act("addNic", "nic { id mac { address } }", {
      input: { vmId, vnicProfileId: world.defaults.vnicProfileId },
    });
    const { id } = nic;
    const update = async (input: object) => (await world.act("updateNic", NIC, { id, input })).nic;
    expect(await update({ linked: false })).toMatchObject({ linked: false, vnicProfile: { name: "ovirtmgmt" } });
    expect(await update({ vnicProfileId: null, interface: "RTL8139" })).toMatchObject({ vnicProfile: null, interface: "RTL8139" });
    expect(await update({ mac: nic.mac, name: "nic1" })).toMatchObject({ mac: nic.mac, name: "nic1" });
    expect(await update({ mac: { address: "56:6f:00:00:00:02" } })).toMatchObject({ mac: { address: "56:6f:00:00:00:02" } });
    for (const name of ["name", "mac", "interface", "linked", "plugged"])
      expect([name, await world.refusal("updateNic", { id, input: { [name]: null } })]).toEqual([name, "INVALID NULL"]);
    await world.act("addNic", "nic { id }", { input: { vmId, name: "eth", mac: { address: "56:6f:00:00:00:03" } } });
    expect(await world.refusal("updateNic", { id, input: { name: "eth" } })).toBe("CONFLICT DUPLICATE");
    expect(await world.refusal("updateNic", { id, input: { mac: { address: "56:6f:00:00:00:03" } } })).toBe("CONFLICT DUPLICATE");
  });

  test("NICs do not change while their VM runs", async () => {
    const world = await openWorld(database);
    const vmId = await world.addVm("web1");
    const { nic } = await world.act("addNic", "nic { id }", { input: { vmId } });
    const refusals = async () => [
      await world.refusal("addNic", { input: { vmId } }),
      await world.refusal("updateNic", { id: nic.id, input: { linked: false } }),
      await world.refusal("removeNic", { id: nic.id }),
    ];
    await world.setVmStatus(vmId, "UP");
    expect(await refusals()).toEqual(Array(3).fill("NOT_ALLOWED_IN_STATE HOT_PLUG_UNSUPPORTED"));
    await world.setVmStatus(vmId, "MIGRATING");
    expect(await refusals()).toEqual(Array(3).fill("NOT_ALLOWED_IN_STATE VM_STATUS_MIGRATING"));
    await world.setVmStatus(vmId, "DOWN");
    expect(await refusals()).toEqual(["done", "done", "done"]);
  });
});
