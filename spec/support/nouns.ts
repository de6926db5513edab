import { randomUUID } from "node:crypto";
import { graphql, type GraphQLSchema } from "graphql";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { AgentMethods, type AgentMethod, type AgentParams, type AgentResult } from "../../schema/hostlink.ts";
import { callerOf, type Caller } from "../../src/domain/access/caller.ts";
import { PREDEFINED_ROLES } from "../../src/domain/access/roles.ts";
import type { Engine } from "../../src/domain/engine.ts";
import { Event } from "../../src/domain/event/event.ts";
import { HostCallError, type HostCallErrorCode, type HostCalls } from "../../src/domain/host/ports.ts";
import type { Snapshot } from "../../src/domain/inventory/snapshot.ts";
import type { JobDefinition } from "../../src/domain/job/definition.ts";
import { jobDefinitions } from "../../src/domain/job/definitions.ts";
import type { Job } from "../../src/domain/job/job.ts";
import { createJobRunner } from "../../src/domain/job/runner.ts";
import type { RowOf } from "../../src/domain/kinds.ts";
import { seed } from "../../src/domain/seed.ts";
import { specPresence } from "./jobs.ts";
import { createStatistics } from "../../src/domain/statistics/store.ts";
import { BLANK_TEMPLATE } from "../../src/domain/template/blank.ts";
import type { VmStatus } from "../../src/domain/vm/vm.ts";
import { insertWithDefaults } from "../../src/domain/noun/defaults.ts";
import { OvertError, toGraphQLError } from "../../src/errors.ts";
import { createContext } from "../../src/resolvers/context.ts";
import { buildAppSchema } from "../../src/resolvers/schema.ts";
import { openStore, SPEC_ORIGIN, type DatabaseKind, type Store } from "./database.ts";
import { memorySecrets } from "./hostlink.ts";
import { jobEnd } from "./jobs.ts";

const GIB = 1024 ** 3;
/** Quick enough for a spec, ms. */
const RUNNER = { backoffMs: 5, backoffLimitMs: 20, lookMs: 200, restMs: 50, stopMs: 300 };
const log = pino({ level: process.env["OVERT_SPEC_LOG"] ?? "silent" });

/** What a client gets instead of data. */
class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly reasons: readonly { code: string; message: string; path?: string }[],
  ) {
    super(`${code}: ${message}`);
  }
}

/** Whatever a spec asks: a refusal that is about a field names it in its message, as the caller calls it. */
function checkNamed({ code, message, reasons }: Refused): void {
  const path = reasons[0]?.path;
  const field = path?.replace(/^input\.?/, "");
  if (field && path !== "search" && !message.startsWith(`${code}: ${field}: `))
    throw new Error(`"${message}" does not begin with "${field}: ".`);
}

/** A storage host in memory: what it was asked is checked against the contract, as the wire would. */
interface StorageHosts extends HostCalls {
  readonly calls: { hostId: string; method: AgentMethod; params: Record<string, unknown> }[];
  /** Every call of the method, about one disk or any, fails so; null = it works again. */
  fail(method: AgentMethod, code: HostCallErrorCode | null, diskId?: string): void;
  space: AgentResult<"storage.stat">;
  /** Provisioned sizes of the images there are, by disk. */
  readonly images: Map<string, number>;
}

function storageHosts(): StorageHosts {
  const failures = new Map<string, HostCallErrorCode>();
  const hosts: StorageHosts = {
    calls: [],
    images: new Map(),
    space: { available: 100 * GIB, used: GIB },
    fail: (method, code, diskId = "") => void (code ? failures.set(method + diskId, code) : failures.delete(method + diskId)),
    connected: () => true,
    cut: () => undefined,
    call: async <M extends AgentMethod>(hostId: string, method: M, params: AgentParams<M>) => {
      const parsed = AgentMethods[method].params.parse(JSON.parse(JSON.stringify(params))) as Record<string, unknown>;
      hosts.calls.push({ hostId, method, params: parsed });
      const failure = failures.get(method) ?? failures.get(method + String(parsed["diskId"]));
      if (failure) throw new HostCallError(failure, `The host said ${failure}.`);
      return AgentMethods[method].result.parse(answer(hosts, method, parsed)) as AgentResult<M>;
    },
  };
  return hosts;
}

function answer({ images, space }: StorageHosts, method: AgentMethod, params: Record<string, unknown>): unknown {
  if (method === "host.vms") return { vms: [] };
  if (method === "storage.connect" || method === "storage.stat") return space;
  const diskId = String(params["diskId"]);
  if (method === "disk.remove") images.delete(diskId);
  if (method === "disk.create" || method === "disk.resize") images.set(diskId, Number(params["provisionedSize"]));
  const volume = { path: "/image", format: params["format"] ?? "COW", provisionedSize: images.get(diskId) ?? 0, actualSize: 200_704 };
  return method.startsWith("disk.") && method !== "disk.remove" ? volume : {};
}

export interface Request {
  id?: string;
  input?: unknown;
  mode?: "APPLY" | "PLAN";
  idempotencyKey?: string;
}
/** An engine as main.ts makes it, without sockets, on data center and cluster `Default`; asked through the public schema. */
export interface World extends Store {
  readonly engine: Engine;
  readonly hosts: StorageHosts;
  readonly defaults: { dataCenterId: string; clusterId: string; networkId: string; vnicProfileId: string };
  snapshot(): Snapshot;
  /** Answers `data`; rejects with Refused. `as`: the name of a user, or a caller that is no user's. */
  query(document: string, variables?: object, as?: string | Caller): Promise<any>;
  /** Calls a mutation, e.g. `act("addDisk", "disk { id }", { input })`; answers its payload. */
  act(verb: string, fields: string, request: Request, as?: string | Caller): Promise<any>;
  /** The code of the refusal and of its reasons, e.g. `CONFLICT DUPLICATE`; `done` when it is not refused. */
  refusal(verb: string, request: Request, as?: string | Caller): Promise<string>;
  /** The job a mutation answered, at its end. */
  ended(payload: { job: { id: string } }): Promise<Job>;
  /** Names of the events so far, oldest first. */
  events(): Promise<string[]>;
  addHost(name: string, status?: RowOf<"Host">["status"], clusterId?: string): Promise<string>;
  addVm(name: string, status?: VmStatus, clusterId?: string): Promise<string>;
  setVmStatus(id: string, status: VmStatus): Promise<void>;
  /** An ACTIVE domain, with a host that is up. */
  addDomain(name?: string, available?: number): Promise<string>;
}

let schema: Promise<GraphQLSchema> | undefined;

/** `more`: jobs beside those that there are. */
export async function openWorld(database: DatabaseKind, more: readonly JobDefinition[] = []): Promise<World> {
  const store = await openStore(await database.fresh());
  const hosts = storageHosts();
  const engine = await startEngine(store, hosts, more);
  const callers = await addUsers(store);
  const snapshot = () => store.journal.snapshot();
  const query: World["query"] = async (source, variables = {}, as = "admin") => {
    const caller = typeof as === "string" ? (callers.get(as) ?? null) : as;
    const contextValue = createContext({ engine, access: null as never, caller, address: "spec" });
    schema ??= buildAppSchema();
    const { data, errors } = await graphql({ schema: await schema, source, variableValues: { ...variables }, contextValue });
    if (!errors) return data;
    const { originalError } = errors[0]!;
    if (!(originalError instanceof OvertError)) throw originalError ?? errors[0]!;
    const { message, extensions } = toGraphQLError(originalError);
    const refused = new Refused(String(extensions["code"]), message, extensions["reasons"] as Refused["reasons"]);
    checkNamed(refused);
    throw refused;
  };
  const act: World["act"] = async (verb, fields, request, as) => {
    const types = { id: "ID!", input: `${verb[0]!.toUpperCase()}${verb.slice(1)}Input!`, mode: "CommandMode!", idempotencyKey: "String" };
    const names = (Object.keys(types) as (keyof typeof types)[]).filter((name) => request[name] !== undefined);
    const declared = names.map((name) => `$${name}: ${types[name]}`).join(", ");
    const given = names.map((name) => `${name}: $${name}`).join(", ");
    const document = `mutation (${declared}) { payload: ${verb}(${given}) { job { id } plan { ${PLAN} } ${fields} } }`;
    return (await query(document, request, as)).payload;
  };
  const world = {
    ...store,
    engine,
    hosts,
    snapshot,
    query,
    act,
    defaults: defaultsOf(snapshot()),
    refusal: (verb: string, request: Request, as?: string | Caller) => act(verb, "__typename", request, as).then(() => "done", codesOf),
    ended: ({ job }: { job: { id: string } }) => jobEnd(store, job.id),
    events: async () => (await store.database.reader.find(Event, { order: { cursor: "ASC", number: "ASC" } })).map(({ name }) => name),
  };
  return { ...world, ...furnishing(world) };
}

const PLAN = "changes { kind operation name fields } refusals { code path }";
const codesOf = (error: unknown): string => {
  if (!(error instanceof Refused)) throw error;
  return [error.code, ...new Set(error.reasons.map(({ code }) => code))].join(" ");
};

async function startEngine(store: Store, hosts: HostCalls, more: readonly JobDefinition[]): Promise<Engine> {
  await seed(store);
  const settings = {
    statisticsIntervalMs: 2_000,
    hostGraceMs: 30_000,
    historyDays: { journal: 30, events: 90, jobs: 30 },
    hostlinkUrl: "https://localhost:1",
    hostlinkFingerprint: "",
  };
  const secrets = memorySecrets();
  const presence = specPresence(store.database);
  const parts = { ...store, hosts, presence, statistics: createStatistics(), secrets, log, settings };
  const engine: Engine = {
    ...parts,
    get jobs() {
      return jobs;
    },
  };
  const jobs = createJobRunner({ engine, definitions: [...jobDefinitions, ...more], settings: RUNNER });
  onTestFinished(() => jobs.stop());
  return engine;
}

/** `admin` may do all, `reader` may look, `operator` may run VMs. */
async function addUsers({ unitOfWork, journal }: Store): Promise<Map<string, Caller>> {
  const { SuperUser, ReadOnlyAdmin, UserRole } = PREDEFINED_ROLES;
  const roles = { admin: SuperUser, reader: ReadOnlyAdmin, operator: UserRole };
  const person = { profile: "internal", lastName: "", email: "" };
  const users = await unitOfWork.run(SPEC_ORIGIN, (tx) =>
    Object.entries(roles).map(([name, { id: roleId }]) => {
      const user = insertWithDefaults(tx, "User", {
        ...person,
        name,
        userName: `${name}@internal`,
        nameKey: `${name}@internal`,
        createdAt: tx.now,
      });
      tx.insert("Permission", { userId: user.id, groupId: null, roleId, objectKind: null, objectId: null });
      return user;
    }),
  );
  return new Map(users.map((user) => [user.name, callerOf(journal.snapshot(), user)]));
}

function defaultsOf(snapshot: Snapshot): World["defaults"] {
  const { id: clusterId, dataCenterId } = snapshot.by("Cluster", "name", "Default")[0]!;
  const { id: networkId } = snapshot.by("Network", "dataCenterId", dataCenterId)[0]!;
  return { clusterId, dataCenterId, networkId, vnicProfileId: snapshot.by("VnicProfile", "networkId", networkId)[0]!.id };
}

type Base = Pick<World, "unitOfWork" | "act" | "snapshot" | "defaults">;

/** Rows that verbs of other specs make. */
function furnishing({ unitOfWork, act, snapshot, defaults }: Base): Pick<World, "addHost" | "addVm" | "setVmStatus" | "addDomain"> {
  const addHost: World["addHost"] = async (name, status = "UP", clusterId = defaults.clusterId) => {
    const text = { name, address: name, description: "", comment: "" };
    const host = await unitOfWork.run(SPEC_ORIGIN, (tx) =>
      insertWithDefaults(tx, "Host", { ...text, statusDetail: null, clusterId, status, statusSince: tx.now }),
    );
    return host.id;
  };
  const setVmStatus: World["setVmStatus"] = async (id, status) => {
    await unitOfWork.run(SPEC_ORIGIN, (tx) => void tx.update("Vm", tx.need("Vm", id), { status, statusSince: tx.now }));
  };
  const addVm: World["addVm"] = async (name, status = "DOWN", clusterId = defaults.clusterId) => {
    const { vm } = await act("addVm", "vm { id }", { input: { name, clusterId, templateId: BLANK_TEMPLATE.id } });
    if (status !== "DOWN") await setVmStatus(vm.id, status);
    return vm.id;
  };
  const addDomain: World["addDomain"] = async (name = "data", available = 100 * GIB) => {
    if (![...snapshot().all("Host")].some(({ status }) => status === "UP")) await addHost("h1");
    const { dataCenterId } = defaults;
    const row = { name, dataCenterId, description: "", comment: "", type: "DATA", status: "ACTIVE" } as const;
    const storage = { type: "POSIXFS", path: `/srv/${name}` } as const;
    const id = randomUUID();
    await unitOfWork.run(SPEC_ORIGIN, (tx) => {
      insertWithDefaults(tx, "StorageDomain", { ...row, id, storage, available, used: 0 });
      tx.update("DataCenter", tx.need("DataCenter", dataCenterId), { status: "UP" });
    });
    return id;
  };
  return { addHost, addVm, setVmStatus, addDomain };
}
