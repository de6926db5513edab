import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { inject, onTestFinished, expect } from "vitest";
import { startEngine as startEngineProcess } from "../../lab/demo/engine.ts";
import { graphqlClient, until, type GraphQLClient } from "../../lab/graphql.ts";
import { enrollSimulated } from "../../lab/simulated/enroll.ts";
import { startSimulatedHost, type SimulatedHost } from "../../lab/simulated/host.ts";
import { createWorld } from "../../lab/simulated/world.ts";
import { readConfig } from "../../src/config.ts";
import { RUNNER_SETTINGS } from "../../src/domain/job/parts.ts";
import { startEngine } from "../../src/startEngine.ts";
import { moveClock } from "./clock.ts";
import { projectDatabase } from "./database.ts";
import { freePort } from "./freePort.ts";
import { sampled } from "./sample.ts";

const ALL_BOUNDARIES = ["claimed", "stepStarting", "stepDone", "stepCommitted", "ending", "ended"] as const;
/** All on the embedded database. On MariaDB, where little differs, some: all have had their turn after a few days. */
export const BOUNDARIES = projectDatabase().name === "SQLite" ? ALL_BOUNDARIES : sampled(ALL_BOUNDARIES, 2);
type Boundary = (typeof ALL_BOUNDARIES)[number] | "looked";
const PRELOAD = new URL("./killAtBoundary.ts", import.meta.url).href;

/** An engine in a process of its own that is killed by SIGKILL, from within, at one boundary of a job; with two simulated hosts. */
export interface Crashing {
  client: GraphQLClient;
  hosts: readonly SimulatedHost[];
  addVm(): Promise<string>;
  vm(id: string): Promise<VmState>;
  /** Asks for a verb, whose answer may be lost with the engine. */
  ask(verb: string, id: string): Promise<void>;
  /** Waits until it is dead, and starts it again in this process on the same folder, after its leases have run out. */
  restartAfterDeath(): Promise<void>;
  /** How the jobs of that name ended, once all have. */
  jobsEnded(name: string): Promise<string[]>;
  /** What the method's calls did on all hosts. */
  effects(method: string): number;
}
interface VmState {
  status: string;
  host: { id: string; name: string } | null;
  migratingTo: { id: string } | null;
}

/** `step` is the job's only one; a boundary that is not about a step goes without it. All is gone when the running test is finished. */
export async function engineThatDiesAt(job: string, step: string, phase: Boundary): Promise<Crashing> {
  const killAt = `${job}:${phase.startsWith("step") ? step : ""}:${phase}`;
  const ports = { port: await freePort(), hostlinkPort: await freePort() };
  const database = await projectDatabase().fresh();
  const env: Record<string, string> = database.startsWith("sqlite:") ? {} : { OVERT_DATABASE_URL: database };
  const dir = join(inject("specFolder"), randomUUID());
  const deadly = { ...env, OVERT_LOG_LEVEL: "warn", NODE_OPTIONS: `--import ${PRELOAD}`, OVERT_SPEC_KILL_AT: killAt };
  const first = await startEngineProcess({ ...ports, dir, addresses: ["127.0.0.1"], env: deadly });
  onTestFinished(() => first.child.stop());
  const client = graphqlClient(first.url, { user: first.user, password: first.password ?? "" });
  const hosts = await twoHosts(client);
  return {
    client,
    hosts,
    ...actionsOf(client),
    async restartAfterDeath() {
      expect(await first.child.ended).toContain("SIGKILL");
      moveClock(RUNNER_SETTINGS.leaseMs);
      const again = { OVERT_DIR: dir, OVERT_PORT: String(ports.port), OVERT_HOSTLINK_PORT: String(ports.hostlinkPort), ...env };
      const second = await startEngine(readConfig(again), pino({ level: process.env["OVERT_SPEC_LOG"] ?? "silent" }));
      onTestFinished(() => second.stop());
    },
    effects: (method) => hosts.flatMap((host) => host.effects.filter((effect) => effect.method === method)).length,
  };
}

const clusterOf = async (client: GraphQLClient) =>
  (await client.query<{ clusters: { nodes: { id: string }[] } }>(`{ clusters { nodes { id } } }`)).clusters.nodes[0]!.id;

async function twoHosts(client: GraphQLClient): Promise<SimulatedHost[]> {
  const [world, clusterId] = [createWorld(), await clusterOf(client)];
  const hosts: SimulatedHost[] = [];
  for (const name of ["a", "b"]) {
    const { addHost } = await client.query<{ addHost: { enrollment: { token: string; fingerprint: string; url: string } } }>(
      `mutation ($input: AddHostInput!) { addHost(input: $input) { enrollment { token fingerprint url } } }`,
      { input: { name, address: "127.0.0.1", clusterId } },
    );
    const { token, fingerprint, url } = addHost.enrollment;
    const identity = await enrollSimulated({ engineUrl: url, token, fingerprint });
    const host = startSimulatedHost({ engineUrl: url, identity, world, model: { hostname: name, guestMs: 50, migrationMs: 100 } });
    onTestFinished(() => host.stop());
    hosts.push(host);
  }
  const up = `{ hosts(search: "status = up") { totalCount } }`;
  await until("two hosts up", 30_000, async () => (await client.query<{ hosts: { totalCount: number } }>(up)).hosts.totalCount === 2);
  return hosts;
}

const VM = `query ($id: ID!) { vm(id: $id) { status host { id name } migratingTo { id } } }`;
const JOBS = `{ jobs(first: 50) { nodes { name status } } }`;

function actionsOf(client: GraphQLClient): Pick<Crashing, "addVm" | "vm" | "ask" | "jobsEnded"> {
  const jobs = async (name: string) => {
    const { jobs: page } = await client.query<{ jobs: { nodes: { name: string; status: string }[] } }>(JOBS);
    return page.nodes.filter((job) => job.name === name).map(({ status }) => status);
  };
  return {
    async addVm() {
      const input = { name: "web1", clusterId: await clusterOf(client), memory: 128 * 1024 * 1024 };
      const document = `mutation ($input: AddVmInput!) { addVm(input: $input) { vm { id } } }`;
      return (await client.query<{ addVm: { vm: { id: string } } }>(document, { input })).addVm.vm.id;
    },
    vm: async (id) => (await client.query<{ vm: VmState }>(VM, { id })).vm,
    ask: async (verb, id) =>
      client.query(`mutation ($id: ID!) { ${verb}(id: $id) { job { id } } }`, { id }).then(
        () => undefined,
        () => undefined,
      ),
    jobsEnded: (name) =>
      until(`${name} ended`, 60_000, async () => {
        const statuses = await jobs(name);
        return statuses.length > 0 && !statuses.includes("STARTED") && statuses;
      }),
  };
}
