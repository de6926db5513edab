import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jobFinished, until } from "../../lab/graphql.ts";
import { vmUp } from "../../lab/demo/furnish.ts";
import { prepareLabMachine } from "../support/lab.ts";
import { record, type Recording } from "../support/subscribe.ts";
import { guestUptime, runningDomains, sharedSystem, type System } from "../support/system.ts";

interface Change {
  cursor: string;
  operation: string;
  kind: string;
  id: string;
  entity: { comment?: string } | null;
}
interface Frame {
  at: string;
  complete: boolean;
  vms: { vmId: string; cpuUsage: number | null; memoryUsed: number | null }[];
}

const CHANGES = `subscription ($after: Cursor) { changes(after: $after) { cursor operation kind id entity { ... on Vm { comment } } } }`;
const FRAMES = `subscription ($ids: [ID!]) { vmStatistics(ids: $ids, intervalMs: 2000) { at complete vms { vmId cpuUsage memoryUsed } } }`;
const JOB = `subscription ($id: ID!) { job(id: $id) { status progress } }`;
const VM = `query ($id: ID!) { vm(id: $id) { name status host { id name } reportedDevices { ips { address version } } can { migrate { allowed } stop { allowed } start { allowed } } } }`;
const MIGRATE = `mutation ($id: ID!, $input: MigrateVmInput!, $mode: CommandMode) {
  migrateVm(id: $id, input: $input, mode: $mode) { job { id } plan { changes { kind name fields } refusals { code } placement { host { id } score } downtime } }
}`;

const EQUIPMENT = {
  cpu: { topology: { sockets: 1, cores: 2, threads: 1 }, cpuTune: { vcpuPins: [{ vcpu: 1, cpuSet: "0-1" }] } },
  cpuPinningPolicy: "MANUAL",
  cpuShares: 512,
  bios: { type: "Q35_SEA_BIOS", bootMenu: { enabled: true } },
  timeZone: { name: "Asia/Tokyo" },
  serialNumber: { policy: "CUSTOM", value: "S-1" },
  display: { type: "VNC", videoType: "VIRTIO", monitors: 2, keyboardLayout: "de" },
  usb: { enabled: true },
  soundcardEnabled: true,
  rngDevice: { source: "URANDOM" },
  watchdog: { model: "I6300ESB", action: "RESET" },
  virtioScsiMultiQueuesEnabled: true,
  multiQueuesEnabled: true,
  io: { threads: 1 },
  customProperties: [{ name: "colour", value: "red" }],
  migration: { autoConverge: true, compressed: true, bandwidth: null },
};
const machine = await prepareLabMachine();
const placeOf = ({ kind, id, operation, cursor }: Change) => `${cursor} ${operation} ${kind} ${id}`;

describe.skipIf(machine.reason !== null)("the way through, over GraphQL alone, on two real hosts", () => {
  let system: System;
  let changes: Recording<Change>;
  let cutOff: Recording<Change>;
  const vm = async () => (await system.client.query<{ vm: any }>(VM, { id: system.vmId })).vm;

  const hostOfVm = async () => {
    const { host } = await vm();
    return system.lab.hosts.find(({ name }) => name === host.name)!;
  };

  beforeAll(async () => {
    if (machine.guest === null) return;
    system = await sharedSystem(machine.guest, "web1");
    changes = await record<Change>(system.client, CHANGES);
    cutOff = await record<Change>(system.client, CHANGES);
  }, 240_000);
  afterAll(async () => system?.stop());

  it("two hosts are UP, and a VM is UP with the address of its guest", async () => {
    const { hosts } = await system.client.query<{ hosts: { nodes: { status: string; name: string }[] } }>(
      `{ hosts(first: 10) { nodes { name status } } }`,
    );
    expect(hosts.nodes.map(({ name, status }) => `${name} ${status}`).toSorted()).toEqual(["host1 UP", "host2 UP"]);
    const { status, reportedDevices } = await vm();
    expect(status).toBe("UP");
    expect(reportedDevices.flatMap(({ ips }: any) => ips.map(({ address }: any) => address))).toContainEqual(
      expect.stringMatching(/^10\.77\./),
    );
  });

  it("statistics of the VM come 2 s apart and change", async () => {
    const frames = await record<Frame>(system.client, FRAMES, { ids: [system.vmId] });
    await until("four frames", 20_000, async () => frames.received.length >= 4);
    frames.cut();
    const [first, ...later] = frames.received;
    expect(first?.complete).toBe(true);
    const gaps = frames.received.slice(1).map(({ at }, index) => Date.parse(at) - Date.parse(frames.received[index]!.at));
    for (const gap of gaps.slice(1)) expect(gap).toBeGreaterThan(1_000);
    for (const gap of gaps) expect(gap).toBeLessThan(5_000);
    const values = [first!, ...later].flatMap(({ vms }) => vms.filter(({ vmId }) => vmId === system.vmId).map(({ cpuUsage }) => cpuUsage));
    expect(new Set(values).size).toBeGreaterThan(1);
  });

  it("a migration is planned without a change, then done live: progress on the job, the guest's uptime unbroken", async () => {
    const before = await vm();
    const from = system.lab.hosts.find(({ name }) => name === before.host.name)!;
    const to = system.lab.hosts.find(({ name }) => name !== before.host.name)!;
    const { hosts } = await system.client.query<{ hosts: { nodes: { id: string; name: string }[] } }>(
      `{ hosts(first: 10) { nodes { id name } } }`,
    );
    const hostId = hosts.nodes.find(({ name }) => name === to.name)!.id;

    const plan = await system.client.query<any>(MIGRATE, { id: system.vmId, input: { hostId }, mode: "PLAN" });
    expect(plan.migrateVm.job).toBeNull();
    expect(plan.migrateVm.plan).toMatchObject({ refusals: [], placement: [{ host: { id: hostId } }] });
    expect(plan.migrateVm.plan.changes).toContainEqual(expect.objectContaining({ kind: "Vm", name: "web1" }));
    expect(await vm()).toEqual(before);

    const uptime = await guestUptime(from, system.vmId);
    const asked = Date.now();
    const { migrateVm } = await system.client.query<any>(MIGRATE, { id: system.vmId, input: { hostId } });
    const job = await record<{ status: string; progress: number }>(system.client, JOB, { id: migrateVm.job.id });
    await job.waitFor(({ status }) => status !== "STARTED");
    expect(job.received.at(-1)).toMatchObject({ status: "FINISHED", progress: 100 });

    expect(await vm()).toMatchObject({ status: "UP", host: { name: to.name } });
    expect(await runningDomains(system)).toEqual({ [from.name]: [], [to.name]: [system.vmId] });
    const passed = (Date.now() - asked) / 1_000;
    const grown = (await guestUptime(to, system.vmId)) - uptime;
    expect(grown).toBeGreaterThan(0);
    expect(grown).toBeLessThan(passed + 2);
  });

  it("a subscriber to changes that is cut off misses nothing and sees nothing twice after it resumes from its cursor", async () => {
    await cutOff.waitFor(() => true);
    cutOff.cut();
    const last = cutOff.received.at(-1)!.cursor;
    await system.client.query(`mutation ($id: ID!) { updateVm(id: $id, input: { comment: "while away" }) { vm { id } } }`, {
      id: system.vmId,
    });
    const resumed = await record<Change>(system.client, CHANGES, { after: last });
    await system.client.query(`mutation ($id: ID!) { updateVm(id: $id, input: { comment: "back" }) { vm { id } } }`, { id: system.vmId });
    const isLast = ({ entity }: Change) => entity?.comment === "back";
    await changes.waitFor(isLast);
    await resumed.waitFor(isLast);
    const seen = [...cutOff.received, ...resumed.received].map(placeOf);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(changes.received.map(placeOf));
  });

  it("the VM is stopped, and each step is found in events", async () => {
    const { stopVm } = await system.client.query<any>(`mutation ($id: ID!) { stopVm(id: $id) { job { id } } }`, { id: system.vmId });
    await jobFinished(system.client, stopVm.job.id);
    await until("the VM DOWN", 10_000, async () => (await vm()).status === "DOWN");
    expect(Object.values(await runningDomains(system)).flat()).toEqual([]);
    const { events } = await system.client.query<any>(
      `query ($search: String) { events(first: 100, search: $search) { nodes { name } } }`,
      {
        search: "vm.name = web1",
      },
    );
    const names = events.nodes.map(({ name }: { name: string }) => name);
    for (const name of ["USER_ADD_VM", "USER_STARTED_VM", "USER_RUN_VM", "VM_MIGRATION_START", "VM_MIGRATION_DONE", "USER_STOP_VM"])
      expect(names).toContain(name);
  });

  it("it starts again, is suspended to the shared storage, and comes back with its guest's uptime", async () => {
    await vmUp(system.client, system.vmId);
    const act = async (verb: string) => {
      const data = await system.client.query<any>(`mutation ($id: ID!) { done: ${verb}(id: $id) { job { id } } }`, { id: system.vmId });
      await jobFinished(system.client, data.done.job.id);
    };
    const before = await guestUptime(await hostOfVm(), system.vmId);
    await act("suspendVm");
    expect(await vm()).toMatchObject({ status: "SUSPENDED", host: null });
    expect(Object.values(await runningDomains(system)).flat()).toEqual([]);
    await act("startVm");
    await until("the VM UP", 20_000, async () => (await vm()).status === "UP");
    expect(await guestUptime(await hostOfVm(), system.vmId)).toBeGreaterThanOrEqual(before);
    await act("stopVm");
  });

  it("with every device that a machine can have it starts, is moved, suspended and brought back", async () => {
    const act = async (verb: string) => {
      const data = await system.client.query<any>(`mutation ($id: ID!) { done: ${verb}(id: $id) { job { id } } }`, { id: system.vmId });
      await jobFinished(system.client, data.done.job.id);
    };
    const update = (input: object) =>
      system.client.query(`mutation ($id: ID!, $input: UpdateVmInput!) { updateVm(id: $id, input: $input) { vm { id } } }`, {
        id: system.vmId,
        input,
      });
    await update(EQUIPMENT);
    expect(await vmUp(system.client, system.vmId)).toMatch(/^10\.77\./);
    const before = await guestUptime(await hostOfVm(), system.vmId);
    const from = (await vm()).host.name;
    await act("migrateVm");
    expect((await vm()).host.name).not.toBe(from);
    await act("suspendVm");
    await act("startVm");
    await until("the VM UP", 20_000, async () => (await vm()).status === "UP");
    expect(await guestUptime(await hostOfVm(), system.vmId)).toBeGreaterThanOrEqual(before);
    await act("stopVm");
    await update({ startPaused: true });
    await act("startVm");
    await until("the VM PAUSED", 20_000, async () => (await vm()).status === "PAUSED");
    await act("startVm");
    await until("the VM UP", 20_000, async () => (await vm()).status === "UP");
    await act("stopVm");
    await update({ startPaused: false });
  });

  it("it starts again, and its guest answers from a fresh boot", async () => {
    expect(await vmUp(system.client, system.vmId)).toMatch(/^10\.77\./);
  });
});
