import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Credentials } from "../graphql.ts";
import type { RunningEngine } from "./engine.ts";

/** The engine tells its admin's password once; the demo keeps it beside the database, for its own owner only. */
export async function demoCredentials(dir: string, engine: Pick<RunningEngine, "user" | "password">): Promise<Credentials> {
  const file = join(dir, "demo.json");
  if (engine.password === null) {
    const text = await readFile(file, "utf8").catch(() => null);
    if (text === null) throw new Error(`The engine in ${dir} was not made by the demo: its password is not in ${file}.`);
    return JSON.parse(text) as Credentials;
  }
  const credentials = { user: engine.user, password: engine.password };
  await writeFile(file, JSON.stringify(credentials), { mode: 0o600 });
  return credentials;
}
