import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { pino } from "pino";
import { inject, onTestFinished } from "vitest";
import { graphqlClient, until, type GraphQLClient } from "../../lab/graphql.ts";
import { enrollSimulated } from "../../lab/simulated/enroll.ts";
import { startSimulatedHost, type SimulatedHost } from "../../lab/simulated/host.ts";
import type { Model } from "../../lab/simulated/model.ts";
import { createWorld } from "../../lab/simulated/world.ts";
import { RUNNER_SETTINGS, type RunnerSettings } from "../../src/domain/job/parts.ts";
import { readConfig } from "../../src/config.ts";
import type { Engine } from "../../src/domain/engine.ts";
import { startEngine } from "../../src/startEngine.ts";
import { projectDatabase } from "./database.ts";

const GRACE_S = 1;

/** The whole engine in this process over simulated hosts that speak the real wire; gone when the running test is finished. */
export interface WholeEngine {
  /** OVERT_DIR. */
  directory: string;
  client: GraphQLClient;
  engine: Engine;
  /** Lines of the log, from warnings on. */
  logged: { msg: string; reason?: string; hostId?: string }[];
  /** The same engine, stopped and started again on its ports and its database. */
  restart(): Promise<WholeEngine>;
  /** Also done when the running test is finished. */
  stop(): Promise<void>;
  /** Another engine on the same database, which hosts may dial. */
  replica(): Promise<WholeEngine>;
  /** One more host, which dials this engine, UP. */
  addHost(name: string): Promise<SimulatedHost>;
  /** By name: `host1`, `host2` … */
  hosts: Map<string, SimulatedHost>;
  clusterId: string;
  hostId(name: string): string;
  hostStatus(name: string): Promise<string>;
  addVm(input?: Record<string, unknown>): Promise<string>;
  vm(id: string): Promise<VmView>;
  vmIs(id: string, status: string): Promise<VmView>;
  /** A VM that is UP, on the host of that name when one is given. */
  runningVm(host?: string, input?: Record<string, unknown>): Promise<string>;
  /** An ACTIVE storage domain; answers its id. */
  addStorage(): Promise<string>;
  /** The job when it has ended. */
  jobEnd(id: string): Promise<JobView>;
  /** Calls a VM verb and answers its job when that has ended. */
  act(verb: string, id: string, input?: Record<string, unknown>): Promise<JobView>;
  /** The coded error of a mutation that is refused. */
  refusal(document: string, variables?: Record<string, unknown>): Promise<{ code: string; reasons: { code: string; message: string }[] }>;
  events(vmOrHost: string): Promise<string[]>;
}
interface VmView {
  status: string;
  statusDetail: string | null;
  stopReason: string | null;
  startTime: string | null;
  host: { id: string; name: string } | null;
  migratingTo: { id: string } | null;
  memoryDomain: { id: string } | null;
}
interface JobView {
  status: string;
  reasons: { code: string; message: string }[];
}

interface WholeOptions {
  /** Times of the job runner, where a spec cannot wait for the real ones. */
  runner?: Partial<RunnerSettings>;
  /** Of the hosts. */
  model?: Partial<Model>;
  environment?: NodeJS.ProcessEnv;
}

export async function startWholeEngine(
  hostCount: number,
  { runner = {}, model = {}, environment: more = {} }: WholeOptions = {},
): Promise<WholeEngine> {
  const usual = { ...RUNNER_SETTINGS };
  Object.assign(RUNNER_SETTINGS, runner);
  onTestFinished(() => void Object.assign(RUNNER_SETTINGS, usual));
  const database = await projectDatabase().fresh();
  const directory = join(inject("specFolder"), randomUUID());
  const environment = {
    OVERT_DIR: directory,
    OVERT_PORT: "0",
    OVERT_HOSTLINK_ADDRESSES: "127.0.0.1",
    OVERT_HOST_GRACE: String(GRACE_S),
    OVERT_STATISTICS_INTERVAL: "1",
    ...(!database.startsWith("sqlite:") && { OVERT_DATABASE_URL: database }),
    ...more,
  };
  const fleet: Fleet = { hosts: new Map(), world: createWorld(), model };
  const whole = await wholeOn(environment, fleet);
  const names = Array.from({ length: hostCount }, (_, index) => `host${index + 1}`);
  for (const name of names) await dial(whole, fleet, name);
  for (const name of names) await until(`${name} UP`, 20_000, async () => (await whole.hostStatus(name)) === "UP");
  return whole;
}

/** The hosts of all engines on one database. */
interface Fleet {
  hosts: Map<string, SimulatedHost>;
  world: ReturnType<typeof createWorld>;
  model: Partial<Model>;
}

async function wholeOn(environment: NodeJS.ProcessEnv, fleet: Fleet, password?: string): Promise<WholeEngine> {
  const logged: WholeEngine["logged"] = [];
  const log = pino({ level: process.env["OVERT_SPEC_LOG"] ?? "warn" }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const running = await startEngine(readConfig(environment), log);
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= running.stop());
  onTestFinished(stop);
  const account = { user: "admin@internal", password: running.initialPassword ?? password ?? "" };
  const client = graphqlClient(running.url, account);
  const { clusters } = await client.query<{ clusters: { nodes: { id: string }[] } }>("{ clusters { nodes { id } } }");
  const clusterId = clusters.nodes[0]!.id;
  const restart = async () => {
    await stop();
    const { port } = new URL(running.engine.settings.hostlinkUrl);
    return wholeOn({ ...environment, OVERT_HOSTLINK_PORT: port }, fleet, account.password);
  };
  const replica = () => wholeOn(environment, fleet, account.password);
  const { engine } = running;
  const whole = {
    client,
    engine,
    directory: environment["OVERT_DIR"]!,
    logged,
    stop,
    restart,
    replica,
    hosts: fleet.hosts,
    clusterId,
    ...viewsOf(client, fleet.hosts),
    ...actionsOf(client, clusterId),
  };
  const addHost = async (name: string) => {
    const host = await dial(whole, fleet, name);
    await until(`${name} UP`, 20_000, async () => (await whole.hostStatus(name)) === "UP");
    return host;
  };
  return { ...whole, addHost, runningVm: (host, input) => runningVm(whole, host, input) };
}

async function dial(
  { client, clusterId }: Pick<WholeEngine, "client" | "clusterId">,
  { hosts, world, model }: Fleet,
  name: string,
): Promise<SimulatedHost> {
  const document = `mutation ($input: AddHostInput!) { addHost(input: $input) { enrollment { token fingerprint url } } }`;
  const { addHost } = await client.query<any>(document, { input: { name, address: "127.0.0.1", clusterId } });
  const { token, fingerprint, url } = addHost.enrollment;
  const identity = await enrollSimulated({ engineUrl: url, token, fingerprint });
  const host = startSimulatedHost({
    engineUrl: url,
    identity,
    world,
    model: { hostname: name, guestMs: 50, startMs: 20, shutdownMs: 50, ...model },
  });
  onTestFinished(() => host.stop());
  hosts.set(name, host);
  return host;
}

const VM = `query ($id: ID!) { vm(id: $id) { status statusDetail stopReason startTime host { id name } migratingTo { id } memoryDomain { id } } }`;

function viewsOf(client: GraphQLClient, hosts: Map<string, SimulatedHost>) {
  const vm = (id: string) => client.query<{ vm: VmView }>(VM, { id }).then((data) => data.vm);
  const hostId = (name: string) => hosts.get(name)!.hostId;
  const hostStatus = (name: string) =>
    client.query<any>(`query ($id: ID!) { host(id: $id) { status } }`, { id: hostId(name) }).then(({ host }) => host.status as string);
  const vmIs = (id: string, status: string) =>
    until(`the VM ${status}`, 20_000, async () => {
      const view = await vm(id);
      return view.status === status && view;
    });
  const events = async (search: string) => {
    const { events: page } = await client.query<any>(`query ($search: String) { events(first: 200, search: $search) { nodes { name } } }`, {
      search,
    });
    return page.nodes.map(({ name }: { name: string }) => name).toReversed() as string[];
  };
  return { vm, hostId, hostStatus, vmIs, events };
}

function actionsOf(client: GraphQLClient, clusterId: string) {
  let added = 0;
  const addVm = async (input: Record<string, unknown> = {}) => {
    const given = { name: `vm${++added}`, clusterId, memory: 128 * 1024 * 1024, ...input };
    const { addVm: payload } = await client.query<any>(`mutation ($input: AddVmInput!) { addVm(input: $input) { vm { id } } }`, {
      input: given,
    });
    return payload.vm.id as string;
  };
  const jobEnd = (id: string) =>
    until("the job's end", 30_000, async () => {
      const { job } = await client.query<{ job: JobView }>(`query ($id: ID!) { job(id: $id) { status reasons { code message } } }`, { id });
      return job.status !== "STARTED" && job;
    });
  const addStorage = async () => {
    const { cluster } = await client.query<any>(`query ($id: ID!) { cluster(id: $id) { dataCenter { id } } }`, { id: clusterId });
    const input = { name: "data", dataCenterId: cluster.dataCenter.id, storage: { type: "POSIXFS", path: "/srv/data" } };
    const { addStorageDomain } = await client.query<any>(
      `mutation ($input: AddStorageDomainInput!) { addStorageDomain(input: $input) { storageDomain { id } job { id } } }`,
      { input },
    );
    await jobEnd(addStorageDomain.job.id);
    return addStorageDomain.storageDomain.id as string;
  };
  const act = async (verb: string, id: string, input?: Record<string, unknown>) => {
    const type = `${verb[0]!.toUpperCase()}${verb.slice(1)}Input`;
    const document = input
      ? `mutation ($id: ID!, $input: ${type}) { done: ${verb}(id: $id, input: $input) { job { id } } }`
      : `mutation ($id: ID!) { done: ${verb}(id: $id) { job { id } } }`;
    const { done } = await client.query<any>(document, { id, input });
    return done.job ? jobEnd(done.job.id) : { status: "FINISHED", reasons: [] };
  };
  const refusal = async (document: string, variables: Record<string, unknown> = {}) => {
    const error = await client.query(document, variables).then(
      () => null,
      (failure: unknown) => failure as { code: string; reasons: { code: string; message: string }[] },
    );
    if (!error) throw new Error("It was not refused.");
    return error;
  };
  return { addVm, addStorage, act, jobEnd, refusal };
}

async function runningVm(
  { addVm, act, vmIs, hostId }: Pick<WholeEngine, "addVm" | "act" | "vmIs" | "hostId">,
  host?: string,
  input: Record<string, unknown> = {},
): Promise<string> {
  const id = await addVm(input);
  await act("startVm", id, host ? { hostId: hostId(host) } : {});
  await vmIs(id, "UP");
  return id;
}
