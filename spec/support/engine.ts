import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { inject, onTestFinished } from "vitest";
import { createClient, type Client } from "graphql-ws";
import { WebSocket } from "ws";
import { openAccess, type Access } from "../../src/domain/access/access.ts";
import { seedRoles } from "../../src/domain/seed.ts";
import { ensureAdmin } from "../../src/domain/access/ensureAdmin.ts";
import { createSecrets, secretKey } from "../../src/domain/access/secrets.ts";
import type { Engine } from "../../src/domain/engine.ts";
import type { JobDefinition } from "../../src/domain/job/definition.ts";
import { specPresence, startRunner } from "./jobs.ts";
import type { HostCalls } from "../../src/domain/host/ports.ts";
import { createStatistics } from "../../src/domain/statistics/store.ts";
import { buildAppSchema } from "../../src/resolvers/schema.ts";
import { startServer, type RunningServer, type ServerOptions } from "../../src/resolvers/server/http.ts";
import type { DatabaseUrl } from "../../src/db/database.ts";
import { openStore, projectDatabase } from "./database.ts";
import { removeFolder } from "./folder.ts";

export const ADMIN_PASSWORD = "correct horse battery staple";

const noHosts: HostCalls = {
  call: () => Promise.reject(new Error("There are no hosts here.")),
  connected: () => false,
  cut: () => undefined,
};

export interface Answer<T = Record<string, any>> {
  status: number;
  data?: T;
  errors?: {
    message: string;
    path?: (string | number)[];
    extensions: { code: string; reasons: { code: string; message: string; path?: string }[]; correlationId?: string };
  }[];
  extensions?: { asOf: string; cost: number };
}

/** Where an engine keeps what outlives it. */
interface Home {
  database: DatabaseUrl;
  /** Of the key that seals secrets. */
  directory: string;
}
/** An engine with its public front on a port of its own; gone when the running test is finished. */
export interface TestEngine {
  home: Home;
  engine: Engine;
  access: Access;
  server: RunningServer;
  /** Of GraphQL. */
  url: string;
  /** What was logged as an error. */
  defects: string[];
  /** Without a token unless one is given. */
  post(query: string, variables?: Record<string, unknown>, token?: string): Promise<Answer>;
  /** Throws when there are errors. */
  ask<T = Record<string, any>>(query: string, variables?: Record<string, unknown>): Promise<T>;
  login(user?: string, password?: string): Promise<string>;
  /** A graphql-transport-ws client that does not retry; logged in as the admin unless told otherwise. */
  connect(token?: string | null): Promise<Client>;
}
export interface TestEngineOptions extends Partial<Pick<ServerOptions, "stallMs" | "webDirectory" | "trustedProxies">> {
  /** Of another engine: this one is its replica, or follows it. */
  home?: Home;
  /** Life of access tokens. */
  accessTokenMs?: number;
  /** Jobs that it runs, on hosts that do all they are asked; none unless given. */
  definitions?: readonly JobDefinition<object>[];
  /** Instead of the product's resolvers. */
  resolvers?: Parameters<typeof buildAppSchema>[0];
}

export async function newHome(database = projectDatabase()): Promise<Home> {
  const directory = join(inject("specFolder"), randomUUID());
  await mkdir(directory, { recursive: true });
  onTestFinished(() => removeFolder(directory));
  return { database: await database.fresh(), directory };
}

export async function startTestEngine({ resolvers, accessTokenMs, ...options }: TestEngineOptions = {}): Promise<TestEngine> {
  const home = options.home ?? (await newHome());
  const store = await openStore(home.database);
  const defects: string[] = [];
  const log = pino({ level: "error" }, { write: (line: string) => void defects.push(line) });
  const engine: Engine = {
    ...store,
    hosts: noHosts,
    presence: specPresence(store.database),
    jobs: options.definitions
      ? startRunner(store, options.definitions)
      : { wake: () => undefined, watch: () => () => undefined, stop: () => Promise.resolve() },
    statistics: createStatistics(),
    secrets: createSecrets(store.database, await secretKey(home.directory, undefined)),
    log,
    settings: {
      statisticsIntervalMs: 2_000,
      hostlinkUrl: "https://127.0.0.1:1",
      hostlinkFingerprint: "",
      hostGraceMs: 10_000,
      historyDays: { journal: 30, events: 90, jobs: 30 },
    },
  };
  await engine.unitOfWork.run({ userId: null, correlationId: "start", jobId: null }, seedRoles);
  await ensureAdmin(engine, ADMIN_PASSWORD);
  const [access, schema] = [await openAccess(engine, accessTokenMs), await buildAppSchema(resolvers)];
  const server = await startServer({ engine, access, schema, port: 0, host: "127.0.0.1", log, ...options });
  onTestFinished(() => server.close());
  return { home, engine, access, server, defects, ...clientsOf(`http://127.0.0.1:${server.port}/graphql`) };
}

function clientsOf(url: string): Pick<TestEngine, "url" | "post" | "ask" | "login" | "connect"> {
  const post = async (query: string, variables: Record<string, unknown> = {}, token?: string): Promise<Answer> => {
    const headers = {
      "content-type": "application/json",
      accept: "application/graphql-response+json",
      ...(token && { authorization: `Bearer ${token}` }),
    };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
    return { status: response.status, ...((await response.json()) as object) };
  };
  const login = async (user = "admin", password = ADMIN_PASSWORD): Promise<string> => {
    const mutation = "mutation ($user: String!, $password: String!) { login(user: $user, password: $password) { accessToken } }";
    const { data, errors } = await post(mutation, { user, password });
    if (errors) throw new Error(JSON.stringify(errors));
    return data!["login"].accessToken as string;
  };
  let token: Promise<string> | undefined;
  const ask = async <T>(query: string, variables: Record<string, unknown> = {}): Promise<T> => {
    const { data, errors } = await post(query, variables, await (token ??= login()));
    if (errors) throw new Error(JSON.stringify(errors));
    return data as T;
  };
  const connect = async (given?: string | null): Promise<Client> => {
    const used = given === undefined ? await (token ??= login()) : given;
    const client = createClient({
      url: url.replace(/^http/, "ws"),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      lazyCloseTimeout: 0,
      connectionParams: used === null ? {} : { authorization: `Bearer ${used}` },
    });
    onTestFinished(() => void client.dispose());
    return client;
  };
  return { url, post, ask, login, connect };
}
