import { expect, test } from "vitest";
import { placeVm } from "../../src/domain/placement/placeVm.ts";
import { PREDEFINED_POLICIES } from "../../src/domain/scheduling/weights.ts";
import { capabilities } from "../placement/rows.ts";
import { describeDatabases, projectDatabase, SPEC_ORIGIN } from "../support/database.ts";
import { openWorld, type World } from "../support/nouns.ts";

const GIB = 2 ** 30;
const cluster = (world: World, input: object) => world.refusal("updateCluster", { id: world.defaults.clusterId, input });

/** Three hosts alike: `busy` has a large VM, `many` has three tiny ones, `idle` has none; and a VM to be placed. */
async function loaded() {
  const world = await openWorld(projectDatabase());
  const hosts = { busy: await world.addHost("busy"), many: await world.addHost("many"), idle: await world.addHost("idle") };
  const put = async (name: string, hostId: string | null, vcpus: number, memory: number) => {
    const id = await world.addVm(name);
    const row = {
      memory,
      memoryPolicy: { guaranteed: memory, ballooning: true },
      cpu: { topology: { sockets: vcpus, cores: 1, threads: 1 } },
      ...(hostId !== null && ({ hostId, status: "UP" } as const)),
    };
    await world.unitOfWork.run(SPEC_ORIGIN, (tx) => void tx.update("Vm", tx.need("Vm", id), row));
    return id;
  };
  await world.unitOfWork.run(SPEC_ORIGIN, (tx) => {
    for (const id of Object.values(hosts)) tx.update("Host", tx.need("Host", id), { capabilities: capabilities() });
  });
  await put("large", hosts.busy, 8, 8 * GIB);
  for (const name of ["t1", "t2", "t3"]) await put(name, hosts.many, 1, GIB / 4);
  const vmId = await put("web1", null, 1, GIB);
  const ranked = () => {
    const { choice, ranked: all } = placeVm(world.snapshot(), world.snapshot().need("Vm", vmId));
    expect(choice).toEqual(all[0]);
    return all.map(({ hostId }) => Object.entries(hosts).find(([, id]) => id === hostId)![0]);
  };
  return { world, hosts, ranked, vmId };
}
const policy = (name: string) => PREDEFINED_POLICIES.find((each) => each.name === name)!.id;

test("A cluster's policy decides which host is the best: the emptiest, the fullest, or that with the fewest VMs", async () => {
  const { world, ranked } = await loaded();
  expect(ranked()).toEqual(["idle", "many", "busy"]);
  expect(await cluster(world, { schedulingPolicyId: policy("power_saving") })).toBe("done");
  expect(ranked()).toEqual(["busy", "many", "idle"]);
  expect(await cluster(world, { schedulingPolicyId: policy("vm_evenly_distributed") })).toBe("done");
  expect(ranked()).toEqual(["idle", "busy", "many"]);
  expect(await cluster(world, { schedulingPolicyId: null })).toBe("done");
  expect(ranked()[0]).toBe("idle");
});

test("Threads count as processors of a host, or its cores alone", async () => {
  const { world, vmId } = await loaded();
  const cpu = { topology: { sockets: 12, cores: 1, threads: 1 } };
  await world.act("updateVm", "vm { id }", { id: vmId, input: { cpu } });
  const refused = () => placeVm(world.snapshot(), world.snapshot().need("Vm", vmId)).refusals.map(({ code }) => code);
  expect(refused()).toEqual([]);
  expect(await cluster(world, { threadsAsCores: false })).toBe("done");
  expect(refused()).toEqual(["NOT_ENOUGH_CPUS", "NOT_ENOUGH_CPUS", "NOT_ENOUGH_CPUS"]);
});

test("A host goes into maintenance with a reason, where its cluster asks for one", async () => {
  const { world, hosts } = await loaded();
  const plan = (input: object) => world.refusal("deactivateHost", { id: hosts.idle, input });
  await cluster(world, { maintenanceReasonRequired: true });
  expect(await plan({})).toBe("INVALID REASON_REQUIRED");
  expect(await plan({ reason: "  " })).toBe("INVALID REASON_REQUIRED");
  expect(await plan({ reason: "a new fan" })).toBe("done");
});

describeDatabases("Scheduling policies", (database) => {
  test("oVirt's own are there and stay; one's own change, and go when no cluster has them", async () => {
    const world = await openWorld(database);
    const { nodes } = (await world.query("{ schedulingPolicies { nodes { id name mutable defaultPolicy weights { unit factor } } } }"))
      .schedulingPolicies;
    expect(nodes.map(({ name }: { name: string }) => name).toSorted()).toEqual([
      "evenly_distributed",
      "none",
      "power_saving",
      "vm_evenly_distributed",
    ]);
    expect(nodes.filter(({ defaultPolicy }: { defaultPolicy: boolean }) => defaultPolicy)).toMatchObject([{ name: "none" }]);
    const { id } = nodes[0];
    expect(await world.refusal("updateSchedulingPolicy", { id, input: { comment: "x" } })).toBe(
      "NOT_ALLOWED_IN_STATE POLICY_IS_PREDEFINED",
    );
    expect(await world.refusal("removeSchedulingPolicy", { id })).toBe("NOT_ALLOWED_IN_STATE POLICY_IS_PREDEFINED");
    const add = async (weights: object[]) => world.refusal("addSchedulingPolicy", { input: { name: "own", weights } });
    const weight = { unit: "OPTIMAL_FOR_MEMORY_POWER_SAVING", factor: 3 };
    expect(await add([])).toBe("INVALID RANGE");
    expect(await add([weight, weight])).toBe("INVALID DUPLICATE");
    expect(await add([{ ...weight, factor: 0 }])).toBe("INVALID RANGE");
    expect(await add([weight])).toBe("done");
    const own = [...world.snapshot().all("SchedulingPolicy")].find(({ name }) => name === "own")!;
    expect(await cluster(world, { schedulingPolicyId: own.id })).toBe("done");
    expect(await world.refusal("removeSchedulingPolicy", { id: own.id })).toBe("CONFLICT IN_USE");
  });
});
