import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import { enrolAgent, startAgent } from "../../lab/demo/agents.ts";
import type { Child } from "../../lab/demo/child.ts";
import { startEngine, type RunningEngine } from "../../lab/demo/engine.ts";
import { ensureHost, ensureNetwork, ensureStorage, ensureVm, hostsUp, vmUp } from "../../lab/demo/furnish.ts";
import { graphqlClient, mutate, type Credentials, type GraphQLClient } from "../../lab/graphql.ts";
import type { Guest } from "../../lab/guest.ts";
import type { LabHost } from "../../lab/host.ts";
import { startLab, type OwnLab } from "../../lab/hosts.ts";
import { freePort } from "./freePort.ts";

/** An engine from source over real hosts, with one VM that runs. */
export interface System {
  lab: OwnLab;
  client: GraphQLClient;
  credentials: Credentials;
  vmId: string;
  /** By host number. */
  agents: Map<number, Child>;
  /** As `kill -9`; resolves when it is gone. */
  killEngine(): Promise<void>;
  /** On the same folder and ports; resolves when it is ready. */
  startEngine(): Promise<void>;
  /** Starts the agent of a host that has power and none. */
  startAgent(host: LabHost): void;
  stop(): Promise<void>;
}
interface Ground extends Omit<System, "vmId"> {
  /** Switches on and starts whatever is not running. */
  repair(): Promise<void>;
}

/** A system of the spec's own: for specs that want other hosts, or break what cannot be mended. */
export async function startSystem(guest: Guest, hosts = 2): Promise<System> {
  const ground = await startGround(await mkdtemp(join(tmpdir(), "overt-system-")), hosts);
  return { ...ground, vmId: await addVm(ground, guest, "web1").catch((error: unknown) => ground.stop().then(() => Promise.reject(error))) };
}

let shared: Promise<Ground> | undefined;

/**
 * The engine and the two hosts that all spec files share, with a VM of that name for this one. The file may switch off, kill and
 * restart what it likes: what does not run is started again for the next one. `stop` removes the VM, and takes all the rest down
 * only when it cannot.
 */
export async function sharedSystem(guest: Guest, vmName: string): Promise<System> {
  const ground = await (shared ??= startGround(join(inject("specFolder"), "system"), 2));
  const discard = async (error: unknown) => {
    shared = undefined;
    await ground.stop();
    throw error;
  };
  try {
    await ground.repair();
    const vmId = await addVm(ground, guest, vmName);
    return {
      ...ground,
      vmId,
      stop: () =>
        ground
          .repair()
          .then(() => removeVm(ground.client, vmId))
          .catch(discard),
    };
  } catch (error) {
    return discard(error);
  }
}

async function startGround(dir: string, hosts: number): Promise<Ground> {
  await mkdir(dir, { recursive: true });
  const lab = await startLab({ dir, hosts, temporary: dir });
  const ports = { port: await freePort(), hostlinkPort: await freePort() };
  const start = () => startEngine({ ...ports, dir: join(dir, "engine"), addresses: [lab.engineAddress, "127.0.0.1"] });
  const agents = new Map<number, Child>();
  let engine: RunningEngine | null = null;
  try {
    engine = await start();
    const credentials = { user: engine.user, password: engine.password ?? "" };
    const ground: Omit<Ground, "repair"> = {
      lab,
      client: graphqlClient(engine.url, credentials),
      credentials,
      agents,
      killEngine: async () => {
        await engine?.child.kill("SIGKILL");
        await engine?.child.ended;
      },
      startEngine: async () => void (engine = await start()),
      startAgent: (host) => void agents.set(host.number, startAgent(host)),
      stop: async () => {
        await engine?.child.stop();
        await lab.stop();
      },
    };
    await enrolHosts(ground);
    return { ...ground, repair: () => repair(ground, engine?.child) };
  } catch (error) {
    await engine?.child.stop();
    await lab.stop();
    throw error;
  }
}

const isRunning = (child: Child | undefined) => child !== undefined && child.process.exitCode === null && child.process.signalCode === null;

async function repair(ground: Omit<Ground, "repair">, engine: Child | undefined): Promise<void> {
  if (!isRunning(engine)) await ground.startEngine();
  for (const host of ground.lab.hosts) {
    await host.powerOn();
    if (!isRunning(ground.agents.get(host.number))) ground.startAgent(host);
  }
  await hostsUp(ground.client, ground.lab.hosts.length);
}

async function enrolHosts({ lab, client, startAgent: start }: Omit<Ground, "repair">): Promise<void> {
  for (const host of lab.hosts) {
    const enrolment = await ensureHost(client, host.name, host.address);
    if (enrolment) await enrolAgent(host, enrolment);
    start(host);
  }
  await hostsUp(client, lab.hosts.length);
}

async function addVm({ client, lab }: Pick<Ground, "client" | "lab">, guest: Guest, name: string): Promise<string> {
  const storageDomainId = await ensureStorage(client, lab.sharedDirectory);
  const vnicProfileId = await ensureNetwork(client);
  const vmId = await ensureVm(client, { name, storageDomainId, vnicProfileId, guest });
  await vmUp(client, vmId);
  return vmId;
}

async function removeVm(client: GraphQLClient, id: string): Promise<void> {
  const { vm } = await client.query<{ vm: { status: string } }>(`query ($id: ID!) { vm(id: $id) { status } }`, { id });
  if (vm.status !== "DOWN") await mutate(client, "stopVm", "vm", { id });
  await mutate(client, "removeVm", "vm", { id });
}

/** What libvirt itself says runs on each host: the truth the engine is judged by. */
export async function runningDomains(system: System): Promise<Record<string, string[]>> {
  const entries = system.lab.hosts
    .filter((host) => host.isUp())
    .map(async (host) => {
      const { stdout } = await host.run(["virsh", "--quiet", "--connect", "qemu:///system", "list", "--uuid"]);
      return [host.name, stdout.split("\n").filter((line) => line !== "")] as const;
    });
  return Object.fromEntries(await Promise.all(entries));
}

/** Seconds the guest's kernel has run, asked of the guest itself. */
export async function guestUptime(host: LabHost, vmId: string): Promise<number> {
  const ask = async (command: object) => {
    const { stdout, stderr } = await host.run([
      "virsh",
      "--connect",
      "qemu:///system",
      "qemu-agent-command",
      vmId,
      JSON.stringify(command),
    ]);
    if (stdout.trim() === "") throw new Error(stderr);
    return (JSON.parse(stdout) as { return: { handle: number; "buf-b64": string } }).return;
  };
  const handle = (await ask({ execute: "guest-file-open", arguments: { path: "/proc/uptime" } })) as unknown as number;
  const content = await ask({ execute: "guest-file-read", arguments: { handle } });
  await ask({ execute: "guest-file-close", arguments: { handle } });
  return Number(Buffer.from(content["buf-b64"], "base64").toString().split(" ")[0]);
}
