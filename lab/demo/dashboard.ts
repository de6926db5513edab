import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { must } from "../command.ts";
import type { Say } from "../install.ts";
import { PROJECT } from "./child.ts";

const SOURCES = ["web/index.html", "web/vite.config.ts", "web/public", "web/src"];
const BUILT = "web/dist/index.html";

/** Builds the dashboard that the engine serves, unless what is there is newer than its sources. */
export async function ensureDashboard(say: Say): Promise<void> {
  const built = await changedAt(BUILT);
  const changed = await Promise.all(SOURCES.map(changedAt));
  if (built > Math.max(...changed)) return;
  say("Building the dashboard ...");
  const vite = [process.execPath, "node_modules/vite/bin/vite.js", "build", "--config", "web/vite.config.ts", "--logLevel", "warn"];
  // Where NODE_ENV says something else, as in a test run, vite would make a build for development.
  await must(vite, { cwd: PROJECT, env: { ...process.env, NODE_ENV: "production" } });
}

/** When the file, or the newest file in the folder, was written, ms; 0 when there is none. */
async function changedAt(path: string): Promise<number> {
  const found = await stat(join(PROJECT, path)).catch(() => null);
  if (!found) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  const entries = await readdir(join(PROJECT, path));
  return Math.max(0, ...(await Promise.all(entries.map((entry) => changedAt(join(path, entry))))));
}
