import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LabHost } from "../host.ts";
import { PROJECT, startChild, type Child } from "./child.ts";

/** What `addHost` gives for the host's agent. */
export interface Enrolment {
  token: string;
  fingerprint: string;
  url: string;
}
const DENO = join(PROJECT, "node_modules/.bin/deno");

/** The agent's identity on its host; it outlives a power cut. */
const agentDirectory = (host: LabHost) => join(host.directory, "agent");
export const isEnrolled = (host: LabHost) => existsSync(join(agentDirectory(host), "agent.json"));

const agentCommand = (host: LabHost, ...args: string[]) => [
  DENO,
  "run",
  "--allow-all",
  "--quiet",
  join(PROJECT, "agent/main.ts"),
  ...args,
  "--dir",
  agentDirectory(host),
];

/** Uses up the token; the agent's key never leaves the host. */
export async function enrolAgent(host: LabHost, { token, fingerprint, url }: Enrolment): Promise<void> {
  await mkdir(agentDirectory(host), { recursive: true });
  const command = agentCommand(host, "enroll", "--engine", url, "--token", token, "--fingerprint", fingerprint);
  const { code, stdout, stderr } = await host.run(command, { cwd: PROJECT, timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`The agent of ${host.name} could not be enrolled: ${(stderr || stdout).trim()}`);
}

/** Tells an enrolled agent where the engine is now: a lab that is started again may have got another network. */
export async function pointAgent(host: LabHost, engine: string): Promise<void> {
  const file = join(agentDirectory(host), "agent.json");
  const known = JSON.parse(await readFile(file, "utf8")) as object;
  await writeFile(file, JSON.stringify({ ...known, engine }, null, 2) + "\n");
}

/** Runs an enrolled agent inside its host, for migration over the lab's plain TCP; it logs to `agent.log` in the host's folder. */
export function startAgent(host: LabHost): Child {
  const command = agentCommand(host, "run", "--migration-uri", `qemu+tcp://${host.address}/system`);
  return startChild({
    name: `agent of ${host.name}`,
    log: join(host.directory, "agent.log"),
    start: (log) => host.spawn(command, { cwd: PROJECT, detached: true, stdio: ["ignore", log, log] }),
    kill: (proxy, signal) => host.kill(proxy, signal),
  });
}
