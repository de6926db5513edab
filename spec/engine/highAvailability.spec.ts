import { describe, expect, test } from "vitest";
import { projectDatabase, SPEC_ORIGIN } from "../support/database.ts";
import { openWorld } from "../support/nouns.ts";
import { startWholeEngine } from "../support/wholeEngine.ts";
import { restartVms } from "../../src/domain/vm/highAvailability.ts";
import { capabilities } from "../placement/rows.ts";

const HA = { highAvailability: { enabled: true, priority: 50 } };

describe("A highly available VM", () => {
  test("is started again after a crash, and another one is not", async () => {
    const whole = await startWholeEngine(1);
    const id = await whole.runningVm(undefined, HA);
    const other = await whole.runningVm(undefined, { name: "other" });
    whole.hosts.get("host1")!.crashVm(id);
    whole.hosts.get("host1")!.crashVm(other);
    await whole.vmIs(other, "DOWN");
    await expect.poll(() => whole.events("vm.name = vm1"), { timeout: 20_000 }).toContain("HA_VM_FAILED");
    await whole.vmIs(id, "UP");
    expect(await whole.events("vm.name = vm1")).toEqual(expect.arrayContaining(["VM_DOWN_ERROR", "HA_VM_FAILED"]));
    expect(whole.hosts.get("host1")!.vms()).toHaveLength(1);
    expect((await whole.vm(other)).status).toBe("DOWN");
  });

  test("is started again when its host comes back without it", async () => {
    const whole = await startWholeEngine(2);
    const id = await whole.runningVm("host1", HA);
    const host = whole.hosts.get("host1")!;
    host.powerCut();
    host.powerOn();
    await expect.poll(() => whole.events("vm.name = vm1"), { timeout: 30_000 }).toContain("HA_VM_FAILED");
    await whole.vmIs(id, "UP");
    expect(host.vms().length + whole.hosts.get("host2")!.vms().length).toBe(1);
  });

  test("stays down when somebody stopped it, and when its guest powered off", async () => {
    const whole = await startWholeEngine(1);
    const id = await whole.runningVm(undefined, HA);
    await whole.act("stopVm", id);
    await whole.vmIs(id, "DOWN");
    await restartVms(whole.engine);
    expect((await whole.vm(id)).status).toBe("DOWN");
    await whole.act("startVm", id);
    await whole.vmIs(id, "UP");
    await whole.act("shutdownVm", id);
    await whole.vmIs(id, "DOWN");
    await restartVms(whole.engine);
    expect((await whole.vm(id)).status).toBe("DOWN");
  });
});

/** VMs that crashed, where no engine looks by itself. */
async function crashed(hostIsUp: boolean) {
  const world = await openWorld(projectDatabase());
  const hostId = await world.addHost("h1", hostIsUp ? "UP" : "MAINTENANCE");
  const add = async (name: string, priority: number) => {
    const id = await world.addVm(name);
    const fallen = { highAvailability: { enabled: true, priority }, statusDetail: "CRASHED" };
    await world.unitOfWork.run(SPEC_ORIGIN, (tx) => {
      tx.update("Host", tx.need("Host", hostId), { capabilities: capabilities() });
      tx.update("Vm", tx.need("Vm", id), fallen);
    });
    return id;
  };
  const again = (id: string) =>
    world.unitOfWork.run(SPEC_ORIGIN, (tx) => void tx.update("Vm", tx.need("Vm", id), { restartAt: new Date(0) }));
  const told = async (name: string) => {
    const { events } = await world.query(`query ($s: String) { events(first: 100, search: $s) { nodes { name } } }`, {
      s: `Events: vm.name = ${name}`,
    });
    return events.nodes.map((event: { name: string }) => event.name) as string[];
  };
  return { world, add, again, told };
}

test("Those with the highest priority are started first", async () => {
  const { world, add } = await crashed(true);
  const ids = [await add("low", 1), await add("high", 100), await add("middle", 50)];
  await restartVms(world.engine);
  const jobs = [...world.snapshot().all("Job")].toSorted((a, b) => +a.startTime - +b.startTime || 0);
  expect(ids.map((id) => world.snapshot().need("Vm", id).status)).toEqual(Array.from({ length: 3 }, () => "WAIT_FOR_LAUNCH"));
  expect(jobs.map(({ subjectId }) => world.snapshot().need("Vm", subjectId!).name)).toEqual(["high", "middle", "low"]);
});

test("Where no host can take one, it is tried again later, ten times in all, and then said to stay down", async () => {
  const { world, add, again, told } = await crashed(false);
  const id = await add("web1", 1);
  await restartVms(world.engine);
  await restartVms(world.engine);
  expect(world.snapshot().need("Vm", id)).toMatchObject({ status: "DOWN", restartAttempts: 1 });
  for (let attempt = 2; attempt <= 12; attempt++) {
    await again(id);
    await restartVms(world.engine);
  }
  expect(world.snapshot().need("Vm", id)).toMatchObject({ status: "DOWN", restartAttempts: 10 });
  const names = await told("web1");
  expect(names.filter((name) => name === "HA_VM_RESTART_FAILED")).toHaveLength(10);
  expect(names.filter((name) => name === "EXCEEDED_MAXIMUM_NUM_OF_RESTART_HA_VM_ATTEMPTS")).toHaveLength(1);
});
