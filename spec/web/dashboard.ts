import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pino } from "pino";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import { graphqlClient, type GraphQLClient } from "../../lab/graphql.ts";
import { simulate, type Simulation } from "../../lab/simulated/simulate.ts";
import { readConfig } from "../../src/config.ts";
import { startEngine, type RunningEngine } from "../../src/startEngine.ts";

const CHROMIUM = "/usr/bin/chromium";
const WEB = fileURLToPath(new URL("../../web", import.meta.url));
const QUIET = [
  "no-sandbox",
  "disable-gpu",
  "disable-quic",
  "no-first-run",
  "disable-background-networking",
  "disable-component-update",
  "disable-sync",
];

/** Null when a browser is there. */
export const whyNoBrowser: string | null = existsSync(CHROMIUM) ? null : `${CHROMIUM} is not there`;

/** An engine with simulated hosts, and a browser in front of its dashboard. */
export interface Dashboard {
  url: string;
  password: string;
  simulation: Simulation;
  /** Asks the engine as the admin, beside the browser. */
  execute: GraphQLClient["query"];
  client: GraphQLClient;
  /** A fresh browser profile at the log-in page, gone with the test. What goes wrong in the page fails `stop`. */
  open(options?: BrowserContextOptions): Promise<Page>;
  /** As `open`, logged in. */
  enter(options?: BrowserContextOptions): Promise<Page>;
  /** Ends and starts it again on the same ports and folder, with `whileAway` in between. */
  restartEngine(whileAway: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export async function startDashboard({ hosts = 0, vms = 0 }: { hosts?: number; vms?: number } = {}): Promise<Dashboard> {
  await ensureBuilt();
  const dir = await mkdtemp(join(tmpdir(), "overt-web-"));
  const ports = { OVERT_PORT: String(await freePort()), OVERT_HOSTLINK_PORT: String(await freePort()) };
  const config = readConfig({
    OVERT_DIR: join(dir, "engine"),
    OVERT_STATISTICS_INTERVAL: "1",
    OVERT_HOSTLINK_ADDRESSES: "127.0.0.1",
    ...ports,
  });
  const begin = () => startEngine(config, pino({ level: "silent" }), join(WEB, "dist"));
  let engine: RunningEngine = await begin();
  const { url, initialPassword } = engine;
  const account = { url, user: "admin@internal", password: initialPassword ?? "" };
  const simulation = await simulate({ hosts, vms, dir: join(dir, "simulated"), account, say: () => undefined });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET.map((name) => `--${name}`) });
  const defects: string[] = [];
  const client = graphqlClient(account.url, account);
  const open = (options?: BrowserContextOptions) => openPage(browser, url, defects, options);
  return {
    url,
    password: account.password,
    simulation,
    execute: client.query,
    client,
    open,
    enter: async (options) => {
      const page = await open(options);
      await logIn(page, account.password);
      return page;
    },
    restartEngine: async (whileAway) => {
      await engine.stop();
      await whileAway();
      engine = await begin();
    },
    stop: async () => {
      await browser.close();
      simulation.stop();
      await engine.stop();
      await rm(dir, { recursive: true, force: true });
      if (defects.length > 0) throw new Error(`In the page: ${defects.join("; ")}`);
    },
  };
}

async function openPage(browser: Browser, url: string, defects: string[], options?: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
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

/** Builds the dashboard unless what is built is newer than its source. */
async function ensureBuilt(): Promise<void> {
  const built = await stat(join(WEB, "dist/index.html")).catch(() => null);
  const entries = await readdir(WEB, { recursive: true, withFileTypes: true });
  const sources = entries.filter((entry) => entry.isFile() && !entry.parentPath.startsWith(join(WEB, "dist")));
  const times = await Promise.all(sources.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).mtimeMs));
  if (built && built.mtimeMs > Math.max(...times)) return;
  // In a process of its own: here it would make a build for development.
  const vite = fileURLToPath(new URL("../../node_modules/.bin/vite", import.meta.url));
  const args = ["build", "--config", join(WEB, "vite.config.ts"), "--logLevel", "warn"];
  await promisify(execFile)(vite, args, { env: { ...process.env, NODE_ENV: "production" } });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
