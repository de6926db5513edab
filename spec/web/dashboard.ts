import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { expect, inject, onTestFinished } from "vitest";
import { find, graphqlClient, mutate, type GraphQLClient } from "../../lab/graphql.ts";
import { simulate, type Simulation } from "../../lab/simulated/simulate.ts";
import { readConfig } from "../../src/config.ts";
import { startEngine, type RunningEngine } from "../../src/startEngine.ts";
import { freePort } from "../support/freePort.ts";

const DIST = fileURLToPath(new URL("../../web/dist", import.meta.url));
/** Quicker than the real thing, ms. */
const MODEL = { guestMs: 200, shutdownMs: 200, migrationMs: 300 };

/** Null when a browser is there. */
export const whyNoBrowser: string | null = inject("browser") === null ? "chromium is not installed" : null;

/** An engine with simulated hosts, and a browser in front of its dashboard. */
export interface Dashboard {
  url: string;
  password: string;
  simulation: Simulation;
  /** Asks the engine as the admin, beside the browser. */
  execute: GraphQLClient["query"];
  /** Answers its id. */
  addVm(name: string, mebibytes?: number): Promise<string>;
  /** As `addVm`, and UP, on the simulated host of that name. */
  runVm(name: string, host: string, mebibytes?: number): Promise<string>;
  removeVm(id: string): Promise<void>;
  removeHost(id: string): Promise<void>;
  client: GraphQLClient;
  /** A fresh browser profile at the log-in page, gone with the test. What goes wrong in the page fails the test. */
  open(options?: BrowserContextOptions): Promise<Page>;
  /** As `open`, logged in. */
  enter(options?: BrowserContextOptions): Promise<Page>;
  /** Ends and starts it again on the same ports and folder, with `whileAway` in between. */
  restartEngine(whileAway: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

/** An engine of the spec's own: for specs that restart it, or that want to be alone. */
export async function startDashboard({ hosts = 0, vms = 0 }: { hosts?: number; vms?: number } = {}): Promise<Dashboard> {
  const dir = join(inject("specFolder"), randomUUID());
  const ports = { OVERT_PORT: String(await freePort()), OVERT_HOSTLINK_PORT: String(await freePort()) };
  const config = readConfig({
    OVERT_DIR: join(dir, "engine"),
    OVERT_STATISTICS_INTERVAL: "1",
    OVERT_HOSTLINK_ADDRESSES: "127.0.0.1",
    ...ports,
  });
  const begin = () => startEngine(config, pino({ level: "silent" }), DIST);
  let engine: RunningEngine = await begin();
  const { url, initialPassword } = engine;
  const account = { url, user: "admin@internal", password: initialPassword ?? "" };
  const client = graphqlClient(url, account);
  const simulation = await simulate({ hosts, vms, dir: join(dir, "simulated"), account, model: MODEL, say: () => undefined });
  return {
    url,
    password: account.password,
    simulation,
    client,
    ...actionsOf(client),
    ...pagesOf(url, account.password),
    restartEngine: async (whileAway) => {
      await engine.stop();
      await whileAway();
      engine = await begin();
    },
    stop: async () => {
      simulation.stop();
      await engine.stop();
    },
  };
}

let shared: Promise<Dashboard> | undefined;

/**
 * One engine for all spec files that leave it as it was, with the simulated hosts `sim-1` to `sim-3`. Others' VMs are there too: a
 * spec adds its own, under names of its own, and leaves all hosts UP. `stop` leaves it running.
 */
export async function sharedDashboard(): Promise<Dashboard> {
  const dashboard = await (shared ??= startDashboard({ hosts: 3 }));
  return { ...dashboard, stop: async () => undefined };
}

function actionsOf(client: GraphQLClient): Pick<Dashboard, "execute" | "addVm" | "runVm" | "removeVm" | "removeHost"> {
  const addVm = async (name: string, mebibytes = 256) => {
    const clusterId = (await find(client, "clusters", "Default"))?.id;
    return mutate(client, "addVm", "vm", { input: { name, clusterId, memory: mebibytes * 2 ** 20 } });
  };
  return {
    execute: client.query,
    addVm,
    async runVm(name, host, mebibytes) {
      const id = await addVm(name, mebibytes);
      await mutate(client, "startVm", "vm", { id, input: { hostId: (await find(client, "hosts", host))?.id } });
      return id;
    },
    removeVm: async (id) => void (await mutate(client, "removeVm", "vm", { id })),
    async removeHost(id) {
      await mutate(client, "deactivateHost", "host", { id });
      await mutate(client, "removeHost", "host", { id });
    },
  };
}

let browser: Promise<Browser> | undefined;

function pagesOf(url: string, password: string): Pick<Dashboard, "open" | "enter"> {
  const open = async (options?: BrowserContextOptions) => openPage(await (browser ??= chromium.connect(inject("browser")!)), url, options);
  const enter = async (options?: BrowserContextOptions) => {
    const page = await open(options);
    await logIn(page, password);
    return page;
  };
  return { open, enter };
}

async function openPage(from: Browser, url: string, options?: BrowserContextOptions): Promise<Page> {
  const context = await from.newContext(options);
  const defects: string[] = [];
  onTestFinished(async () => {
    await context.close();
    expect(defects, "errors in the page").toEqual([]);
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => defects.push(error.stack ?? error.message));
  await page.goto(url);
  return page;
}

/** As `expect`, asking again until it holds: as long as a busy machine may take. */
export const soon = <T>(probe: () => T | Promise<T>) => expect.poll(probe, { timeout: 20_000 });

/** Resolves when the engine let him in. */
export async function logIn(page: Page, password: string): Promise<void> {
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("navigation", { name: "Main" }).waitFor();
}
