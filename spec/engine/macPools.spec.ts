import { expect, test } from "vitest";
import { describeDatabases } from "../support/database.ts";
import { openWorld, type World } from "../support/nouns.ts";

const range = (from: string, to: string) => ({ from: `02:00:00:00:00:${from}`, to: `02:00:00:00:00:${to}` });
const addPool = async (world: World, name: string, ranges: object[]): Promise<string> =>
  (await world.act("addMacPool", "macPool { id }", { input: { name, ranges } })).macPool.id;

describeDatabases("MAC pools", (database) => {
  test("NICs get addresses of their cluster's pool, until it has none left", async () => {
    const world = await openWorld(database);
    const macPoolId = await addPool(world, "small", [range("10", "11"), range("20", "20")]);
    await world.act("updateCluster", "cluster { id }", { id: world.defaults.clusterId, input: { macPoolId } });
    const vmId = await world.addVm("web1");
    const addNic = async () => (await world.act("addNic", "nic { mac { address } }", { input: { vmId } })).nic.mac.address as string;
    const got = [await addNic(), await addNic(), await addNic()];
    expect(got.toSorted()).toEqual(["02:00:00:00:00:10", "02:00:00:00:00:11", "02:00:00:00:00:20"]);
    expect(await world.refusal("addNic", { input: { vmId } })).toBe("CONFLICT MAC_POOL_NO_MACS_LEFT");
    expect(await world.refusal("addNic", { input: { vmId, mac: { address: "02:00:00:00:00:99" } } })).toBe("done");
    expect(await world.refusal("removeMacPool", { id: macPoolId })).toBe("CONFLICT IN_USE");
    await world.act("updateCluster", "cluster { id }", { id: world.defaults.clusterId, input: { macPoolId: null } });
    expect(await addNic()).toMatch(/^56:6f:/u);
    expect(await world.refusal("removeMacPool", { id: macPoolId })).toBe("done");
  });

  test("The default pool is there from the start, and stays", async () => {
    const world = await openWorld(database);
    const { nodes } = (await world.query("{ macPools { nodes { id name defaultPool ranges { from to } } } }")).macPools;
    expect(nodes).toMatchObject([{ name: "Default", defaultPool: true, ranges: [{ from: "56:6f:00:00:00:00", to: "56:6f:ff:ff:ff:ff" }] }]);
    expect(await world.refusal("removeMacPool", { id: nodes[0].id })).toBe("INVALID DEFAULT_MAC_POOL");
  });

  test.for([
    [[], "RANGE"],
    [[range("20", "10")], "RANGE"],
    [[range("10", "20"), range("20", "30")], "MAC_POOL_VIOLATES_NO_OVERLAPPING_RANGES"],
    [[{ from: "03:00:00:00:00:00", to: "03:00:00:00:00:01" }], "MAC_MULTICAST"],
    [[{ from: "02:00:00:00:00:00", to: "04:00:00:00:00:00" }], "MAC_MULTICAST"],
    [[{ from: "x", to: "02:00:00:00:00:00" }], "MAC"],
  ] as const)("Ranges that make no pool are refused: %j", async ([ranges, reason]) => {
    const world = await openWorld(database);
    expect(await world.refusal("addMacPool", { input: { name: "odd", ranges } })).toBe(`INVALID ${reason}`);
  });
});

describeDatabases("Instance types", (database) => {
  test("oVirt's five are there, and give a VM its size before its template does", async () => {
    const world = await openWorld(database);
    const { nodes } = (await world.query("{ instanceTypes(first: 9) { nodes { id name memory cpu { topology { sockets } } } } }"))
      .instanceTypes;
    expect(nodes.map(({ name }: { name: string }) => name).toSorted()).toEqual(["Large", "Medium", "Small", "Tiny", "XLarge"]);
    const large = nodes.find(({ name }: { name: string }) => name === "Large");
    const { clusterId } = world.defaults;
    const os = { type: "debian", boot: { devices: ["HD"] } };
    const { template } = await world.act("addTemplate", "template { id }", { input: { name: "t", memory: 2 ** 29, os } });
    const input = { name: "web1", clusterId, templateId: template.id, instanceTypeId: large.id };
    const { vm } = await world.act("addVm", "vm { id memory os { type } cpu { topology { sockets } } memoryPolicy { guaranteed } instanceType { name } }", { input }); // prettier-ignore
    expect(vm).toMatchObject({
      memory: 8 * 2 ** 30,
      memoryPolicy: { guaranteed: 8 * 2 ** 30 },
      cpu: { topology: { sockets: 2 } },
      os: { type: "debian" },
      instanceType: { name: "Large" },
    });
    const own = await world.act("addVm", "vm { memory }", { input: { ...input, name: "web2", memory: 2 ** 28 } });
    expect(own.vm.memory).toBe(2 ** 28);
    expect(await world.refusal("removeInstanceType", { id: large.id })).toBe("done");
    expect(world.snapshot().need("Vm", vm.id).instanceTypeId).toBeNull();
    expect(await world.refusal("addInstanceType", { input: { name: "odd", cpuPinningPolicy: "MANUAL" } })).toBe(
      "INVALID CPU_PINNING_MISSING",
    );
  });
});
