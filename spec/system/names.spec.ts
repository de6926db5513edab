import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jobFinished, mutate, until } from "../../lab/graphql.ts";
import { vmUp } from "../../lab/demo/furnish.ts";
import type { LabHost } from "../../lab/host.ts";
import { prepareLabMachine } from "../support/lab.ts";
import { startSystem, type System } from "../support/system.ts";

const machine = await prepareLabMachine();
/** 255 letters of four bytes each: the longest name there is, 1,020 bytes. */
const LONGEST = "𐌰".repeat(255);
const ODD = ["-0", "..0", "-rf", "ünï.cødé_", "名前-1", LONGEST];
const MIB = 1024 * 1024;

describe.skipIf(machine.reason !== null)("what a VM is called is nothing to its hosts", () => {
  let system: System;
  beforeAll(async () => {
    if (machine.guest !== null) system = await startSystem(machine.guest);
  }, 240_000);
  afterAll(async () => system?.stop());

  const virsh = async (host: LabHost, ...args: string[]) => {
    const { code, stdout, stderr } = await host.run(["virsh", "--quiet", "--connect", "qemu:///system", ...args]);
    if (code !== 0) throw new Error(stderr);
    return stdout.trim();
  };
  const vm = async (id: string) =>
    (await system.client.query<any>(`query ($id: ID!) { vm(id: $id) { name status statusDetail host { name } } }`, { id })).vm;
  const vmIs = (id: string, status: string) => until(`the VM ${status}`, 60_000, async () => (await vm(id)).status === status);
  const hostOf = async (id: string) => {
    const { host } = await vm(id);
    return system.lab.hosts.find(({ name }) => name === host.name)!;
  };
  const act = async (verb: string, id: string) => {
    const { done } = await system.client.query<any>(`mutation ($id: ID!) { done: ${verb}(id: $id) { job { id } } }`, { id });
    await jobFinished(system.client, done.job.id);
  };
  const rename = (id: string, name: string) => mutate(system.client, "updateVm", "vm", { id, input: { name } });
  const addVm = async (name: string) => {
    const { clusters } = await system.client.query<any>(`{ clusters { nodes { id } } }`);
    const os = { type: "other_linux", boot: { devices: ["HD"] }, ...machine.guest, cmdline: "console=ttyS0 quiet nokaslr mitigations=off" };
    return mutate(system.client, "addVm", "vm", { input: { name, clusterId: clusters.nodes[0].id, memory: 128 * MIB, os } });
  };
  /** What it must stand, in this order; from whatever name it has to another. */
  const goesThroughLife = async (id: string, newName: string) => {
    await act("suspendVm", id);
    await rename(id, newName);
    await act("startVm", id);
    await vmIs(id, "UP");
    const before = (await hostOf(id)).name;
    await act("migrateVm", id);
    expect((await hostOf(id)).name).not.toBe(before);
    expect(await vm(id)).toMatchObject({ name: newName, status: "UP" });
  };

  it.each(ODD)("%s is started, suspended, renamed, brought back and migrated", async (name) => {
    const id = await addVm(name);
    await act("startVm", id);
    await vmIs(id, "UP");
    expect(await virsh(await hostOf(id), "domname", id)).toBe(id);
    await goesThroughLife(id, `${[...name].slice(1).join("")}x`);
    await act("stopVm", id);
    await system.client.query(`mutation ($id: ID!) { removeVm(id: $id) { job { id } } }`, { id });
  });

  it("a domain that an earlier version named after its VM is found, suspended, brought back under another name and migrated", async () => {
    const id = system.vmId;
    await vmUp(system.client, id);
    const host = await hostOf(id);
    const xml = await virsh(host, "dumpxml", "--migratable", id);
    await act("stopVm", id);
    await vmIs(id, "DOWN");
    const named = xml.replace(`<name>${id}</name>`, "<name>web1</name>");
    expect(named).not.toBe(xml);
    await host.run(["sh", "-c", "cat >/run/old.xml"], { input: named });
    await virsh(host, "create", "/run/old.xml");
    await vmIs(id, "UP");
    await goesThroughLife(id, "renamed");
    expect(await virsh(await hostOf(id), "domname", id)).toBe("web1");
  });

  it("a guest that suspends itself to memory sleeps, and startVm wakes it", async () => {
    const id = system.vmId;
    await vmUp(system.client, id);
    const host = await hostOf(id);
    await virsh(host, "dompmsuspend", id, "mem");
    await until("it sleeps", 20_000, async () => (await vm(id)).statusDetail === "SLEEPING");
    expect(await vm(id)).toMatchObject({ status: "PAUSED", statusDetail: "SLEEPING" });
    for (const verb of ["migrateVm", "shutdownVm"])
      await expect(system.client.query(`mutation ($id: ID!) { ${verb}(id: $id) { job { id } } }`, { id })).rejects.toMatchObject({
        code: "NOT_ALLOWED_IN_STATE",
        reasons: [{ code: "VM_SLEEPS" }],
      });
    await act("startVm", id);
    await vmIs(id, "UP");
    expect(await virsh(host, "domstate", id)).toBe("running");
    await until("its guest answers", 60_000, () =>
      virsh(host, "qemu-agent-command", id, '{"execute":"guest-ping"}').then(
        () => true,
        () => false,
      ),
    );
  });
});
