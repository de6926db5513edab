import { expect } from "vitest";
import { until } from "../../lab/graphql.ts";
import type { AgentMethod } from "../../schema/hostlink.ts";
import type { Crashing } from "./crash.ts";

/** What a spec that kills engines needs to know of a job: how it comes to be, and what must be true once it has ended. */
export interface CrashScenario {
  /** Makes what is there before; answers the id of the object. */
  prepare: (engine: Crashing) => Promise<string>;
  /** Asks for the verb whose job kills the engine. */
  ask: (engine: Crashing, id: string) => Promise<unknown>;
  /** A call whose effect there must have been once on all hosts together since `ask`. */
  once: AgentMethod;
  /** Waits for what must be true in the end. */
  holds: (engine: Crashing, id: string) => Promise<unknown>;
  /** An input for which the plan has every step that jobs have today; for definitions with a plan. */
  input?: object;
}

const vmIs = (status: string) => (engine: Crashing, id: string) =>
  until(`the VM ${status}`, 60_000, async () => {
    const vm = await engine.vm(id);
    return vm.status === status && vm.migratingTo === null && vm;
  });
const runningVm = async (engine: Crashing): Promise<string> => {
  const id = await engine.addVm();
  await engine.act("startVm", id);
  await vmIs("UP")(engine, id);
  return id;
};
const hostOf = ({ hosts }: Crashing, vmId: string) => hosts.find((host) => host.vms().some((vm) => vm.vmId === vmId))!;
const pausedVm = async (engine: Crashing): Promise<string> => {
  const id = await runningVm(engine);
  hostOf(engine, id).pauseVm(id);
  await vmIs("PAUSED")(engine, id);
  return id;
};
const suspendedVm = async (engine: Crashing): Promise<string> => {
  await engine.addStorage();
  const id = await runningVm(engine);
  await engine.act("suspendVm", id);
  await vmIs("SUSPENDED")(engine, id);
  return id;
};
const ask = (verb: string, input?: object) => (engine: Crashing, id: string) => engine.ask(verb, id, input);

const DISKS = `{ disks { nodes { id status provisionedSize } } }`;
const disksOf = async ({ client }: Crashing) =>
  (await client.query<any>(DISKS)).disks.nodes as { id: string; status: string; provisionedSize: number }[];
const madeDisk = async (engine: Crashing): Promise<string> => {
  const id = await engine.askForDisk(await engine.addStorage());
  await until("the disk OK", 30_000, async () => (await disksOf(engine)).some(({ status }) => status === "OK"));
  return id!;
};
const disks =
  (...wanted: object[]) =>
  async (engine: Crashing) =>
    expect(await disksOf(engine)).toEqual(wanted.map((disk) => expect.objectContaining(disk)));
const domains =
  (...statuses: string[]) =>
  async ({ client }: Crashing) => {
    const { storageDomains } = await client.query<any>(`{ storageDomains { nodes { status } } }`);
    expect(storageDomains.nodes.map(({ status }: { status: string }) => status)).toEqual(statuses);
  };
const runsOnce = async (engine: Crashing, id: string) => {
  await vmIs("UP")(engine, id);
  expect(engine.hosts.flatMap((host) => host.vms())).toHaveLength(1);
};

/** By the name of the definition. */
export const CRASH_SCENARIOS: Record<string, CrashScenario> = {
  startVm: { prepare: (engine) => engine.addVm(), ask: ask("startVm"), once: "vm.start", holds: runsOnce },
  resumeVm: { prepare: pausedVm, ask: ask("startVm"), once: "vm.resume", holds: runsOnce },
  stopVm: { prepare: runningVm, ask: ask("stopVm"), once: "vm.destroy", holds: vmIs("DOWN") },
  discardMemory: { prepare: suspendedVm, ask: ask("discardVmMemory"), once: "vm.discardMemory", holds: vmIs("DOWN") },
  shutdownVm: { prepare: runningVm, ask: ask("shutdownVm"), once: "vm.shutdown", holds: vmIs("DOWN") },
  rebootVm: { prepare: runningVm, ask: ask("rebootVm"), once: "vm.reboot", holds: runsOnce },
  resetVm: { prepare: runningVm, ask: ask("resetVm"), once: "vm.reset", holds: runsOnce },
  suspendVm: {
    prepare: async (engine) => (await engine.addStorage(), runningVm(engine)),
    ask: ask("suspendVm"),
    once: "vm.suspend",
    holds: vmIs("SUSPENDED"),
  },
  migrateVm: { prepare: runningVm, ask: ask("migrateVm"), once: "vm.migrate", holds: runsOnce },
  removeVm: {
    prepare: async (engine) => {
      const id = await engine.addVm();
      await engine.askForDisk(await engine.addStorage(), id);
      await until("the disk OK", 30_000, async () => (await disksOf(engine)).some(({ status }) => status === "OK"));
      return id;
    },
    ask: ask("removeVm"),
    once: "disk.remove",
    holds: async (engine, id) => {
      expect(await engine.vm(id)).toBeNull();
      await disks()(engine);
    },
    input: { diskIds: ["disk1"] },
  },
  deactivateHost: {
    prepare: runningVm,
    ask: async (engine, id) => engine.ask("deactivateHost", hostOf(engine, id).hostId),
    once: "vm.migrate",
    holds: async (engine, id) => {
      await runsOnce(engine, id);
      const { hosts } = await engine.client.query<any>(`{ hosts(search: "status = maintenance") { totalCount } }`);
      expect(hosts.totalCount).toBe(1);
    },
  },
  addDisk: {
    prepare: (engine) => engine.addStorage(),
    ask: (engine, id) => engine.askForDisk(id),
    once: "disk.create",
    holds: disks({ status: "OK" }),
  },
  extendDisk: {
    prepare: madeDisk,
    ask: ask("updateDisk", { provisionedSize: 2 * 1024 ** 3 }),
    once: "disk.resize",
    holds: disks({ status: "OK", provisionedSize: 2 * 1024 ** 3 }),
  },
  removeDisk: { prepare: madeDisk, ask: ask("removeDisk"), once: "disk.remove", holds: disks() },
  addStorageDomain: {
    prepare: async () => "",
    ask: (engine) => engine.addStorage().catch(() => null),
    once: "storage.connect",
    holds: domains("ACTIVE"),
  },
  removeStorageDomain: {
    prepare: (engine) => engine.addStorage(),
    ask: ask("removeStorageDomain"),
    once: "storage.remove",
    holds: domains(),
  },
};
