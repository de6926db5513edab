import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../../lab/graphql.ts";
import { vmUp } from "../../lab/demo/furnish.ts";
import type { LabHost } from "../../lab/host.ts";
import { prepareLabMachine } from "../support/lab.ts";
import { runningDomains, sharedSystem, type System } from "../support/system.ts";

const machine = await prepareLabMachine();
const NON_RESPONSIVE_WITHIN_MS = 30_000;
const BACK_WITHIN_MS = 60_000;

describe.skipIf(machine.reason !== null)("what breaks is found out, and the truth comes back", () => {
  let system: System;
  beforeAll(async () => {
    if (machine.guest !== null) system = await sharedSystem(machine.guest, "web2");
  }, 240_000);
  afterAll(async () => system?.stop());

  const vm = async () =>
    (await system.client.query<any>(`query ($id: ID!) { vm(id: $id) { status host { name } } }`, { id: system.vmId })).vm;
  const hostStatus = async (name: string) => {
    const { hosts } = await system.client.query<{ hosts: { nodes: { name: string; status: string }[] } }>(
      `{ hosts(first: 10) { nodes { name status } } }`,
    );
    return hosts.nodes.find((host) => host.name === name)?.status;
  };
  const hostOfVm = async (): Promise<LabHost> => {
    const { host } = await vm();
    return system.lab.hosts.find(({ name }) => name === host.name)!;
  };
  /** The engine, and libvirt on all hosts, agree: the VM is UP on one host and no other. */
  const agreed = () =>
    until("engine and hosts agree", BACK_WITHIN_MS, async () => {
      const { status, host } = await vm();
      const domains = await runningDomains(system);
      const running = Object.entries(domains).filter(([, ids]) => ids.includes(system.vmId));
      return status === "UP" && running.length === 1 && running[0]![0] === host?.name && Object.values(domains).flat().length === 1;
    });
  const jobsEnded = () =>
    until("every job ended", BACK_WITHIN_MS, async () => {
      const { jobs } = await system.client.query<{ jobs: { nodes: { status: string }[] } }>(`{ jobs(first: 100) { nodes { status } } }`);
      return jobs.nodes.every(({ status }) => status !== "STARTED");
    });

  it("libvirtd restarts: the VM runs on where it is, and the host is UP again", async () => {
    const host = await hostOfVm();
    await host.restartLibvirtd();
    await until("the host UP", BACK_WITHIN_MS, async () => (await hostStatus(host.name)) === "UP");
    await agreed();
    expect((await hostOfVm()).name).toBe(host.name);
  });

  it("an agent is killed and started again: the VM runs on and the engine sees it where it is", async () => {
    const host = await hostOfVm();
    const agent = system.agents.get(host.number)!;
    await agent.kill("SIGKILL");
    await agent.ended;
    await until("the engine to miss it", BACK_WITHIN_MS, async () => (await hostStatus(host.name)) === "CONNECTING");
    system.startAgent(host);
    await until("the host UP", BACK_WITHIN_MS, async () => (await hostStatus(host.name)) === "UP");
    await agreed();
  });

  it("power is cut: the host is NON_RESPONSIVE within 30 s and its VM UNKNOWN; power is back: all is reconciled", async () => {
    const host = await hostOfVm();
    await host.powerCut();
    await until("the host NON_RESPONSIVE", NON_RESPONSIVE_WITHIN_MS, async () => (await hostStatus(host.name)) === "NON_RESPONSIVE");
    expect((await vm()).status).toBe("UNKNOWN");
    await host.powerOn();
    system.startAgent(host);
    await until("the host UP", BACK_WITHIN_MS, async () => (await hostStatus(host.name)) === "UP");
    await until("the VM DOWN", BACK_WITHIN_MS, async () => (await vm()).status === "DOWN");
    expect(await runningDomains(system)).toEqual({ host1: [], host2: [] });
  });

  it.each([0, 50, 300])("the engine is killed %i ms after a start was asked for: the VM runs once", async (wait) => {
    await stopped();
    await system.client.query(`mutation ($id: ID!) { startVm(id: $id) { job { id } } }`, { id: system.vmId });
    await delay(wait);
    await system.killEngine();
    await system.startEngine();
    await jobsEnded();
    await agreed();
  });

  it.each([0, 200, 700])("the engine is killed %i ms after a migration was asked for: the VM runs on, on one host", async (wait) => {
    await vmUp(system.client, system.vmId);
    await system.client.query(`mutation ($id: ID!) { migrateVm(id: $id) { job { id } } }`, { id: system.vmId });
    await delay(wait);
    await system.killEngine();
    await system.startEngine();
    await jobsEnded();
    await agreed();
  });

  async function stopped(): Promise<void> {
    if ((await vm()).status !== "DOWN")
      await system.client.query(`mutation ($id: ID!) { stopVm(id: $id) { job { id } } }`, { id: system.vmId });
    await until("the VM DOWN", BACK_WITHIN_MS, async () => (await vm()).status === "DOWN");
  }
});
