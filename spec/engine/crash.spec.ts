import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { startEngine, type RunningEngine } from "../../lab/demo/engine.ts";
import { graphqlClient, until, type GraphQLClient } from "../../lab/graphql.ts";
import { enrollSimulated } from "../../lab/simulated/enroll.ts";
import { startSimulatedHost, type SimulatedHost } from "../../lab/simulated/host.ts";
import { createWorld } from "../../lab/simulated/world.ts";
import { projectDatabase } from "../support/database.ts";

/** The engine is killed by SIGKILL, from within, at one boundary of one job; then it is started again on the same folder. */
const BOUNDARIES = ["claimed", "stepStarting", "stepDone", "stepCommitted", "ending", "ended"] as const;
/** Of the only step of a job, or of the job itself. */
const boundaryOf = (job: string, step: string, phase: string) => `${job}:${phase.startsWith("step") ? step : ""}:${phase}`;
const PRELOAD = new URL("../support/killAtBoundary.ts", import.meta.url).href;

interface Crashing {
  dir: string;
  /** What both lives of the engine are told. */
  env: Record<string, string>;
  ports: { port: number; hostlinkPort: number };
  engine: RunningEngine;
  client: GraphQLClient;
  hosts: SimulatedHost[];
}
let open: Crashing | null = null;
afterEach(async () => {
  if (!open) return;
  for (const host of open.hosts) host.stop();
  await open.engine.child.stop();
  await rm(open.dir, { recursive: true, force: true });
  open = null;
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

async function twoHosts(killAt: string): Promise<Crashing> {
  const dir = await mkdtemp(join(tmpdir(), "overt-crash-"));
  const ports = { port: await freePort(), hostlinkPort: await freePort() };
  const database = await projectDatabase().fresh();
  const env = { OVERT_LOG_LEVEL: "warn", ...(!database.startsWith("sqlite:") && { OVERT_DATABASE_URL: database }) };
  const deadly = { NODE_OPTIONS: `--import ${PRELOAD}`, OVERT_SPEC_KILL_AT: killAt };
  const engine = await startEngine({ ...ports, dir, addresses: ["127.0.0.1"], env: { ...env, ...deadly } });
  const client = graphqlClient(engine.url, { user: engine.user, password: engine.password ?? "" });
  open = { dir, env, ports, engine, client, hosts: [] };
  const { clusters } = await client.query<{ clusters: { nodes: { id: string }[] } }>(`{ clusters { nodes { id } } }`);
  const world = createWorld();
  for (const name of ["a", "b"]) {
    const { addHost } = await client.query<{ addHost: { enrollment: { token: string; fingerprint: string; url: string } } }>(
      `mutation ($input: AddHostInput!) { addHost(input: $input) { enrollment { token fingerprint url } } }`,
      { input: { name, address: "127.0.0.1", clusterId: clusters.nodes[0]!.id } },
    );
    const { token, fingerprint, url } = addHost.enrollment;
    const identity = await enrollSimulated({ engineUrl: url, token, fingerprint });
    open.hosts.push(startSimulatedHost({ engineUrl: url, identity, world, model: { hostname: name } }));
  }
  await until(
    "two hosts up",
    30_000,
    async () =>
      (await client.query<{ hosts: { totalCount: number } }>(`{ hosts(search: "status = up") { totalCount } }`)).hosts.totalCount === 2,
  );
  return open;
}

async function restartAfterDeath({ engine, dir, env, ports }: Crashing): Promise<void> {
  const how = await engine.child.ended;
  expect(how).toContain("SIGKILL");
  open!.engine = await startEngine({ ...ports, dir, addresses: ["127.0.0.1"], env });
}

const VM = `query ($id: ID!) { vm(id: $id) { status host { id name } migratingTo { id } can { stop { allowed } } } }`;
interface VmState {
  vm: { status: string; host: { id: string; name: string } | null; migratingTo: { id: string } | null };
}
const vmState = (client: GraphQLClient, id: string) => client.query<VmState>(VM, { id }).then(({ vm }) => vm);

const jobsOf = (client: GraphQLClient, name: string) =>
  client
    .query<{ jobs: { nodes: { name: string; status: string; steps: { status: string }[] }[] } }>(
      `{ jobs(first: 50) { nodes { name status steps { status } } } }`,
    )
    .then(({ jobs }) => jobs.nodes.filter((job) => job.name === name));

const addVm = async (client: GraphQLClient) => {
  const { clusters } = await client.query<{ clusters: { nodes: { id: string }[] } }>(`{ clusters { nodes { id } } }`);
  const input = { name: "web1", clusterId: clusters.nodes[0]!.id, memory: 128 * 1024 * 1024 };
  return (
    await client.query<{ addVm: { vm: { id: string } } }>(`mutation ($input: AddVmInput!) { addVm(input: $input) { vm { id } } }`, {
      input,
    })
  ).addVm.vm.id;
};

/** The mutation's own answer may be lost with the engine. */
const ask = (client: GraphQLClient, document: string, id: string) => client.query(document, { id }).catch(() => undefined);
const effectsOf = (hosts: SimulatedHost[], method: string) =>
  hosts.flatMap((host) => host.effects.filter((effect) => effect.method === method));
const ended = (client: GraphQLClient, name: string) =>
  until(
    `${name} ended`,
    60_000,
    async () =>
      (await jobsOf(client, name).catch(() => [])).every((job) => job.status !== "STARTED") && (await jobsOf(client, name)).length > 0,
  );

describe.each(BOUNDARIES)("an engine killed when startVm is at %s", (boundary) => {
  test("ends the job after its restart, starts the VM once and leaves no lock", async () => {
    const crashing = await twoHosts(boundaryOf("startVm", "launch", boundary));
    const { client, hosts } = crashing;
    const id = await addVm(client);
    await ask(client, `mutation ($id: ID!) { startVm(id: $id) { job { id } } }`, id);
    await restartAfterDeath(crashing);
    await ended(client, "startVm");
    await until("the VM up", 60_000, async () => (await vmState(client, id)).status === "UP");
    expect((await jobsOf(client, "startVm")).map((job) => job.status)).toEqual(["FINISHED"]);
    expect(effectsOf(hosts, "vm.start")).toHaveLength(1);
    expect(hosts.flatMap((host) => host.vms())).toHaveLength(1);
  });
});

describe.each(BOUNDARIES)("an engine killed when migrateVm is at %s", (boundary) => {
  test("ends the job after its restart, moves the VM once and leaves no lock", async () => {
    const crashing = await twoHosts(boundaryOf("migrateVm", "move", boundary));
    const { client, hosts } = crashing;
    const id = await addVm(client);
    await client.query(`mutation ($id: ID!) { startVm(id: $id) { job { id } } }`, { id });
    await until("the VM up", 30_000, async () => (await vmState(client, id)).status === "UP");
    const before = (await vmState(client, id)).host!.id;
    await ask(client, `mutation ($id: ID!) { migrateVm(id: $id) { job { id } } }`, id);
    await restartAfterDeath(crashing);
    await ended(client, "migrateVm");
    const after = await until("the VM up again", 60_000, async () => {
      const state = await vmState(client, id);
      return state.status === "UP" && state.migratingTo === null && state;
    });
    expect(after.host!.id).not.toBe(before);
    expect((await jobsOf(client, "migrateVm")).map((job) => job.status)).toEqual(["FINISHED"]);
    expect(effectsOf(hosts, "vm.migrate")).toHaveLength(1);
    expect(hosts.flatMap((host) => host.vms())).toHaveLength(1);
    expect(hosts.find((host) => host.hostId === after.host!.id)!.vms()).toHaveLength(1);
  });
});

describe.each(["looked", "ending"])("an engine killed when a migrateVm that failed is at %s", (boundary) => {
  test("ends the job after its restart, with the VM as its host says that it is", async () => {
    const crashing = await twoHosts(`migrateVm::${boundary}`);
    const { client, hosts } = crashing;
    const id = await addVm(client);
    await client.query(`mutation ($id: ID!) { startVm(id: $id) { job { id } } }`, { id });
    await until("the VM up", 30_000, async () => (await vmState(client, id)).status === "UP");
    const before = (await vmState(client, id)).host!.id;
    const source = hosts.find(({ hostId }) => hostId === before)!;
    source.pauseVm(id);
    await until("the VM paused", 30_000, async () => (await vmState(client, id)).status === "PAUSED");
    source.failNext("vm.migrate", "MIGRATION_FAILED");
    await ask(client, `mutation ($id: ID!) { migrateVm(id: $id) { job { id } } }`, id);
    await restartAfterDeath(crashing);
    await ended(client, "migrateVm");
    expect(await vmState(client, id)).toMatchObject({ status: "PAUSED", host: { id: before }, migratingTo: null });
    expect((await jobsOf(client, "migrateVm")).map((job) => job.status)).toEqual(["FAILED"]);
    expect(effectsOf(hosts, "vm.migrate")).toHaveLength(1);
  });
});
