import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { enrolAgent, startAgent } from "../../lab/demo/agents.ts";
import type { Child } from "../../lab/demo/child.ts";
import { startEngine, type RunningEngine } from "../../lab/demo/engine.ts";
import { ensureHost, ensureNetwork, ensureStorage, ensureVm, hostsUp, vmUp } from "../../lab/demo/furnish.ts";
import { graphqlClient, type Credentials, type GraphQLClient } from "../../lab/graphql.ts";
import type { Guest } from "../../lab/guest.ts";
import type { LabHost } from "../../lab/host.ts";
import { startLab, type OwnLab } from "../../lab/hosts.ts";

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

export async function startSystem(guest: Guest, hosts = 2): Promise<System> {
  const dir = await mkdtemp(join(tmpdir(), "overt-system-"));
  const lab = await startLab({ dir, hosts, temporary: dir });
  const ports = { port: await freePort(), hostlinkPort: await freePort() };
  const start = () => startEngine({ ...ports, dir: join(dir, "engine"), addresses: [lab.engineAddress, "127.0.0.1"] });
  const agents = new Map<number, Child>();
  let engine: RunningEngine | null = null;
  try {
    engine = await start();
    const credentials = { user: engine.user, password: engine.password ?? "" };
    const client = graphqlClient(engine.url, credentials);
    const system: Omit<System, "vmId"> = {
      lab,
      client,
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
    return { ...system, vmId: await furnish(system, guest) };
  } catch (error) {
    await engine?.child.stop();
    await lab.stop();
    throw error;
  }
}

async function furnish({ lab, client, ...system }: Omit<System, "vmId">, guest: Guest): Promise<string> {
  for (const host of lab.hosts) {
    const enrolment = await ensureHost(client, host.name, host.address);
    if (enrolment) await enrolAgent(host, enrolment);
    system.startAgent(host);
  }
  await hostsUp(client, lab.hosts.length);
  const storageDomainId = await ensureStorage(client, lab.sharedDirectory);
  const vnicProfileId = await ensureNetwork(client);
  const vmId = await ensureVm(client, { name: "web1", storageDomainId, vnicProfileId, guest });
  await vmUp(client, vmId);
  return vmId;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("No port.");
  return address.port;
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
