import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startMariaDb, type MariaDb } from "./mariadb.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Folder of this run, removed at its end. */
    specFolder: string;
    /** Unix socket; whoever connects is told the URL of the run's MariaDB, which is started for the first who asks. */
    mariadbDoor: string;
  }
}

/** Once per run, in vitest's own process. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "overt-spec-"));
  const specFolder = join(folder, "files");
  const mariadbDoor = join(folder, "door");
  let mariadb: Promise<MariaDb> | undefined;
  const door = createServer((socket) => {
    socket.on("error", () => undefined);
    mariadb ??= startMariaDb(join(folder, "mariadb"));
    mariadb.then(
      ({ url }) => socket.end(JSON.stringify({ url })),
      (error: unknown) => socket.end(JSON.stringify({ error: String(error) })),
    );
  });
  await new Promise<void>((listening) => door.listen(mariadbDoor, listening));
  project.provide("specFolder", specFolder);
  project.provide("mariadbDoor", mariadbDoor);
  return async () => {
    door.close();
    await (await mariadb?.catch(() => undefined))?.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
