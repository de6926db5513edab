import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { until } from "../../lab/graphql.ts";
import { encodeSample, HOST_METRICS, VM_METRICS } from "../../schema/hostlinkStatistics.ts";
import { SPEC_ORIGIN } from "../support/database.ts";
import { addForeignCluster, running, startHostileHost, type HostileHost } from "../support/hostileHost.ts";
import { startWholeEngine, type WholeEngine } from "../support/wholeEngine.ts";

const eventsNamed = async (whole: WholeEngine, name: string) => {
  const { events } = await whole.client.query<any>(`{ events(first: 200) { nodes { name description host { name } vm { id } } } }`);
  return events.nodes.filter((event: { name: string }) => event.name === name);
};
const told = (whole: WholeEngine, name: string) =>
  until(name, 20_000, async () => {
    const found = await eventsNamed(whole, name);
    return found.length > 0 && found;
  });
/** A VM that is DOWN by the record and that this host says it runs: so it is taken there. */
async function vmOn(whole: WholeEngine, host: HostileHost): Promise<string> {
  const id = await whole.addVm();
  host.runs = [running(id)];
  await host.tell({ type: "vm.state", vm: running(id) });
  expect(await whole.vmIs(id, "UP")).toMatchObject({ host: { name: host.name } });
  return id;
}

describe("A host in another data center", () => {
  test("that reports a running VM as its own is not believed, and people are told once", async () => {
    const whole = await startWholeEngine(1);
    const id = await whole.runningVm("host1");
    const clusterId = await addForeignCluster(whole);
    const foreign = await startHostileHost(whole, { clusterId, hello: { vms: [running(id)] } });
    for (let round = 0; round < 3; round++) await foreign.tell({ type: "vm.state", vm: running(id) });
    await foreign.tell({ type: "host.truth", vms: [running(id)] });
    await told(whole, "VM_CLAIMED_BY_FOREIGN_HOST");
    // Once another is told of, the first has been looked at again.
    const another = await startHostileHost(whole, { clusterId, hello: { vms: [running(id)] } });
    await until("another told of", 10_000, async () =>
      (await whole.events(`host.name = ${another.name}`)).includes("VM_CLAIMED_BY_FOREIGN_HOST"),
    );
    await foreign.tell({ type: "host.truth", vms: [] });
    foreign.link.socket.terminate();
    await until(
      "it NON_RESPONSIVE",
      20_000,
      async () => whole.engine.journal.snapshot().get("Host", foreign.hostId)?.status === "NON_RESPONSIVE",
    );
    expect(await whole.vm(id)).toMatchObject({ status: "UP", host: { name: "host1" } });
    expect(await eventsNamed(whole, "VM_CLAIMED_BY_FOREIGN_HOST")).toMatchObject([
      { host: { name: another.name }, vm: { id } },
      { host: { name: foreign.name }, vm: { id } },
    ]);
  });

  test("does not get a VM that is down either", async () => {
    const whole = await startWholeEngine(0);
    const foreign = await startHostileHost(whole, { clusterId: await addForeignCluster(whole) });
    const id = await whole.addVm();
    foreign.runs = [running(id)];
    await foreign.tell({ type: "vm.state", vm: running(id) });
    await told(whole, "VM_CLAIMED_BY_FOREIGN_HOST");
    expect(await whole.vm(id)).toMatchObject({ status: "DOWN", host: null });
  });

  test("cannot end, reboot or describe a VM that runs elsewhere", async () => {
    const whole = await startWholeEngine(1);
    const vmId = await whole.runningVm("host1");
    const foreign = await startHostileHost(whole, { clusterId: await addForeignCluster(whole) });
    const guest = { hostname: "evil", os: null, timeZone: null, nics: [], applications: [] };
    const answer = await foreign.tell(
      { type: "vm.gone", vmId, reason: "CRASHED" },
      { type: "vm.reboot", vmId },
      { type: "vm.guest", vmId, guest },
    );
    expect(answer.result).toEqual({ acknowledged: 3 });
    expect(whole.engine.journal.snapshot().get("Vm", vmId)).toMatchObject({ status: "UP", hostId: whole.hostId("host1"), fqdn: "vm1" });
  });

  test("cannot write statistics of a VM that runs elsewhere; rows of its own are taken", async () => {
    const whole = await startWholeEngine(1);
    const id = await whole.runningVm("host1");
    const other = await startHostileHost(whole);
    const own = await vmOn(whole, other);
    other.notify("slots", { generation: 1, vmIds: [id, own, randomUUID()] });
    const vms = new Float32Array(VM_METRICS.length * 3).fill(77);
    other.link.send(encodeSample({ generation: 1, at: Date.now(), host: new Float32Array(HOST_METRICS.length).fill(1), vms, vmCount: 3 }));
    const { statistics } = whole.engine;
    await expect.poll(() => statistics.vm(own)?.memoryUsed, { timeout: 10_000 }).toBe(77);
    expect(statistics.vm(id)?.memoryUsed).not.toBe(77);
    expect([...statistics.vmsSince(0)].toSorted()).toEqual([id, own].filter((vm) => statistics.vm(vm)).toSorted());
  });
});

describe("A host of the VM's own cluster", () => {
  test("that says it runs a VM which another host runs does not get it, and people are alerted once", async () => {
    const whole = await startWholeEngine(1);
    const id = await whole.runningVm("host1");
    const claimant = await startHostileHost(whole, { hello: { vms: [running(id)] } });
    for (let round = 0; round < 3; round++) await claimant.tell({ type: "vm.state", vm: running(id) });
    const [alert] = await told(whole, "VM_RUNS_ON_TWO_HOSTS");
    expect(alert.description).toContain(claimant.name);
    await claimant.tell({ type: "host.truth", vms: [running(id)] });
    const before = claimant.asked;
    await until("it to be asked again", 30_000, async () => claimant.asked > before);
    expect(await eventsNamed(whole, "VM_RUNS_ON_TWO_HOSTS")).toHaveLength(1);
    expect(await whole.vm(id)).toMatchObject({ status: "UP", host: { name: "host1" } });
  });

  test("gets a VM that the host of the record says it does not run, and not before that is said", async () => {
    const whole = await startWholeEngine(0);
    const recorded = await startHostileHost(whole);
    const claimant = await startHostileHost(whole);
    const id = await vmOn(whole, recorded);
    recorded.runs = null;
    recorded.answers.set("host.vms", { error: { code: -32_000, message: "away", data: { code: "LIBVIRT_UNAVAILABLE" } } });
    claimant.runs = [running(id)];
    await claimant.tell({ type: "vm.state", vm: running(id) });
    await until("both to be asked twice", 30_000, async () => recorded.asked > 1 && claimant.asked > 1);
    expect(await whole.vm(id)).toMatchObject({ status: "UP", host: { name: recorded.name } });
    recorded.runs = [];
    await until("the VM there", 60_000, async () => (await whole.vm(id)).host?.name === claimant.name);
    expect(await eventsNamed(whole, "VM_FOUND_ON_ANOTHER_HOST")).toMatchObject([{ vm: { id }, host: { name: claimant.name } }]);
  });

  test("does not get a VM that is being removed, and gets it when that has failed", async () => {
    const whole = await startWholeEngine(0);
    const claimant = await startHostileHost(whole);
    const id = await whole.addVm();
    const becomes = (status: "IMAGE_LOCKED" | "DOWN") =>
      whole.engine.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.update("Vm", tx.need("Vm", id), { status }));
    await becomes("IMAGE_LOCKED");
    claimant.runs = [running(id)];
    await claimant.tell({ type: "vm.state", vm: running(id) });
    await until("it to be asked twice", 30_000, async () => claimant.asked > 1);
    expect(await whole.vm(id)).toMatchObject({ status: "IMAGE_LOCKED", host: null });
    await becomes("DOWN");
    await claimant.tell({ type: "vm.state", vm: running(id) });
    expect(await whole.vm(id)).toMatchObject({ status: "UP", host: { name: claimant.name } });
  });

  test("that takes its word back gets nothing", async () => {
    const whole = await startWholeEngine(0);
    const recorded = await startHostileHost(whole);
    const claimant = await startHostileHost(whole);
    const id = await vmOn(whole, recorded);
    recorded.runs = [];
    claimant.runs = [];
    await claimant.tell({ type: "vm.state", vm: running(id) });
    await until("it to be asked", 20_000, async () => claimant.asked > 0);
    claimant.runs = [running(id)];
    await claimant.tell({ type: "vm.state", vm: running(id) }, { type: "vm.gone", vmId: id, reason: "DESTROYED" });
    expect(await whole.vm(id)).toMatchObject({ host: { name: recorded.name } });
  });

  test("says it again after the engine was started anew, and the claim is there again", async () => {
    const first = await startWholeEngine(1);
    const id = await first.runningVm("host1");
    const claimant = await startHostileHost(first, { hello: { vms: [running(id)] } });
    await told(first, "VM_RUNS_ON_TWO_HOSTS");
    const whole = await first.restart();
    await until(
      "host1 UP",
      30_000,
      async () => (await whole.hostStatus("host1")) === "UP" && whole.engine.hosts.connected(whole.hostId("host1")),
    );
    claimant.runs = [running(id)];
    await claimant.dial({ vms: [running(id)] });
    await until("another alert", 30_000, async () => (await eventsNamed(whole, "VM_RUNS_ON_TWO_HOSTS")).length === 2);
    expect(await whole.vm(id)).toMatchObject({ status: "UP", host: { name: "host1" } });
  });

  test("with thousands of VMs that nobody manages makes one event that names a few, and harms nobody", async () => {
    const whole = await startWholeEngine(1);
    const vms = Array.from({ length: 15_000 }, () => running(randomUUID(), { name: "x" }));
    const crowd = await startHostileHost(whole, { hello: { vms } });
    const [event] = await told(whole, "UNMANAGED_VM_DETECTED");
    expect(event.description).toMatch(/^Host raw\d+ runs x, x, x, x, x and 1,995 other VMs, which are not managed here\.$/);
    // Its own is not left out for them.
    const id = await vmOn(whole, crowd);
    await crowd.tell({ type: "host.truth", vms: [...vms, running(id)] });
    await told(whole, "HOST_REPORT_REFUSED");
    expect(await whole.vm(id)).toMatchObject({ status: "UP", host: { name: crowd.name } });
    expect(await eventsNamed(whole, "UNMANAGED_VM_DETECTED")).toHaveLength(1);
    expect(await whole.hostStatus("host1")).toBe("UP");
  });
});

describe("The address to which a host has others migrate", () => {
  const uriOf = (whole: WholeEngine, hostId: string) => whole.engine.journal.snapshot().get("Host", hostId)?.capabilities?.migrationUri;

  test("is its own, whatever it says, and people are told once", async () => {
    const whole = await startWholeEngine(0);
    const host = await startHostileHost(whole, { name: "h", address: "h.example" });
    const { capabilities } = whole.engine.journal.snapshot().need("Host", host.hostId);
    expect(capabilities?.migrationUri).toBe("qemu+tcp://127.0.0.1:16509/system");
    const evil = "qemu+ext:///system?command=/bin/sh";
    for (const migrationUri of [evil, "qemu+ssh://root@other.example/system"]) {
      await host.tell({ type: "host.capabilities", capabilities: { ...capabilities!, migrationUri } });
      const expected = migrationUri === evil ? "qemu+tls://h.example/system" : "qemu+ssh://root@h.example/system";
      expect(uriOf(whole, host.hostId)).toBe(expected);
    }
    await told(whole, "HOST_REPORT_REFUSED");
    expect(await eventsNamed(whole, "HOST_REPORT_REFUSED")).toMatchObject([
      { host: { name: "h" }, description: expect.stringContaining(evil) },
    ]);
    await host.tell({ type: "host.capabilities", capabilities: { ...capabilities!, migrationUri: "qemu+tls://H.example/system" } });
    expect(uriOf(whole, host.hostId)).toBe("qemu+tls://h.example/system");
  });
});
