import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestProject } from "vitest/node";

const DOWN_MS = 30_000;

/**
 * Once per run of system specs: waits at its end until the shared lab is down. It goes down with the process that ran the specs,
 * by the hand of its keeper (lab/keeper.sh), which removes its folder last of all.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  return async () => {
    const folder = join(project.getProvidedContext().specFolder, "system");
    for (const until = Date.now() + DOWN_MS; existsSync(folder) && Date.now() < until;) await sleep(50);
  };
}
