import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import type { TestProject } from "vitest/node";
import { ensureDashboard } from "../../lab/demo/dashboard.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the run's one browser listens; null where none is installed. */
    browser: string | null;
  }
}

const CHROMIUM = "/usr/bin/chromium";
const QUIET = [
  "no-sandbox",
  "disable-gpu",
  "disable-quic",
  "no-first-run",
  "disable-background-networking",
  "disable-component-update",
  "disable-sync",
];

/** Once per run of specs of the dashboard, in vitest's own process: builds it, and starts a browser that ends with the run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!existsSync(CHROMIUM)) {
    project.provide("browser", null);
    return async () => undefined;
  }
  await ensureDashboard(console.log);
  const server = await chromium.launchServer({ executablePath: CHROMIUM, args: QUIET.map((name) => `--${name}`) });
  project.provide("browser", server.wsEndpoint());
  return () => server.close();
}
