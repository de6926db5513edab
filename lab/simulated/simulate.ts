import { setTimeout as sleep } from "node:timers/promises";
import { enrollSimulated } from "./enroll.ts";
import { graphqlClient, type Credentials, type GraphQLClient } from "../graphql.ts";
import { startSimulatedHost, type SimulatedHost } from "./host.ts";
import { openFolder, type Folder, type KeptHost } from "./identities.ts";
import type { Model } from "./model.ts";
import { parallel } from "./parallel.ts";
import { addHosts, addVms, findCluster, untilUp } from "./populate.ts";
import { createWorld, type World } from "./world.ts";

const PARALLEL = 16;
const CONNECT_MS = 60_000;
const SAVE_MS = 10_000;

export interface SimulationOptions {
  hosts: number;
  /** VMs per host to have running; 0 adds none. */
  vms: number;
  /** Keeps identities and storage, so that the next run brings back the same hosts. */
  dir: string;
  /** Of the host link, when it is not the URL that the engine tells. */
  engineUrl?: string;
  /** Needed for hosts that are not enrolled yet, and for VMs. */
  account?: Credentials & { url: string };
  /** Name of the cluster; the first one when absent. */
  cluster?: string;
  model?: Partial<Model>;
  /** Progress in plain words. */
  say: (line: string) => void;
}
export interface Simulation {
  readonly hosts: readonly SimulatedHost[];
  readonly world: World;
  /** Hangs up and keeps what the next run needs. */
  stop(): void;
}

/** Brings up hosts that exist in memory only: enrols those that are missing, dials, and fills them with VMs. */
export async function simulate(options: SimulationOptions): Promise<Simulation> {
  const { say, account } = options;
  const folder = openFolder(options.dir);
  const world = createWorld();
  folder.loadWorld(world);
  const execute = account === undefined ? null : graphqlClient(account.url, account).query;
  const start = (kept: KeptHost) => startHost(kept, { options, folder, world });
  const known = await parallel(PARALLEL, folder.hosts().slice(0, options.hosts), start);
  const hosts = known.filter((host) => host !== null);
  say(`${hosts.length} known hosts are connected.`);
  const missing = options.hosts - hosts.length;
  if (missing > 0) {
    if (execute === null) throw new Error(`${missing} hosts have to be enrolled: give --graphql, --user and --password.`);
    const clusterId = await findCluster(execute, options.cluster);
    const added = await addHosts(execute, clusterId, missing);
    say(`${added.length} hosts are added.`);
    const fresh = await parallel(PARALLEL, added, async ({ name, enrollment }) => {
      const engineUrl = options.engineUrl ?? enrollment.url;
      const identity = await enrollSimulated({ ...enrollment, engineUrl });
      const kept = { name, engineUrl, identity };
      folder.keep(kept);
      return start(kept);
    });
    hosts.push(...fresh.filter((host) => host !== null));
    say(`${hosts.length} hosts are connected.`);
  }
  const saving = setInterval(() => folder.saveWorld(world), SAVE_MS);
  const stop = () => {
    clearInterval(saving);
    folder.saveWorld(world);
    for (const host of hosts) host.stop();
  };
  if (execute !== null) await fill(execute, hosts, options);
  return { hosts, world, stop };
}

async function fill(
  execute: GraphQLClient["query"],
  hosts: readonly SimulatedHost[],
  { vms, cluster, say }: SimulationOptions,
): Promise<void> {
  const ids = hosts.map(({ hostId }) => hostId);
  await untilUp(execute, ids, CONNECT_MS);
  say(`${ids.length} hosts are UP.`);
  if (vms === 0) return;
  await addVms(execute, await findCluster(execute, cluster), vms * hosts.length);
  const running = () => hosts.reduce((sum, host) => sum + host.vms().length, 0);
  await settled(running, vms * hosts.length);
  say(`${running()} VMs run.`);
}

/** Waits until the count reaches the goal, or has not grown for a while. */
async function settled(count: () => number, goal: number): Promise<void> {
  let best = count();
  for (let patience = Date.now() + CONNECT_MS; best < goal && Date.now() < patience;) {
    await sleep(200);
    if (count() > best) patience = Date.now() + CONNECT_MS;
    best = Math.max(best, count());
  }
}

interface Surroundings {
  options: SimulationOptions;
  folder: Folder;
  world: World;
}

/** Null when the engine does not know the host any more; its identity is forgotten then. */
async function startHost(kept: KeptHost, { options, folder, world }: Surroundings): Promise<SimulatedHost | null> {
  const engineUrl = options.engineUrl ?? kept.engineUrl;
  const host = startSimulatedHost({
    engineUrl,
    identity: kept.identity,
    world,
    model: { hostname: kept.name, address: `${kept.name}.simulated`, ...options.model },
    onIdentity: (identity) => folder.keep({ ...kept, identity }),
  });
  for (const deadline = Date.now() + CONNECT_MS; !host.connected;) {
    const refused = host.lastEnd?.status === 401 || host.lastEnd?.status === 403;
    if (refused || Date.now() > deadline) {
      host.stop();
      if (!refused) throw new Error(`${kept.name} cannot reach ${engineUrl}: ${host.lastEnd?.reason ?? "no answer"}.`);
      folder.forget(kept);
      return null;
    }
    await sleep(20);
  }
  return host;
}
