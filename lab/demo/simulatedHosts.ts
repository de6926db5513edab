import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readyLine, spawnNode, startChild, type Child } from "./child.ts";
import type { Credentials } from "../graphql.ts";

export interface SimulationOptions {
  /** Of the engine's API. */
  url: string;
  credentials: Credentials;
  /** Keeps the hosts' identities. */
  dir: string;
  hosts: number;
  vmsPerHost: number;
  onStart: (child: Child) => void;
}

/** Starts the process that plays all simulated hosts; resolves when they are UP and their VMs were started. */
export async function startSimulation({ url, credentials, dir, hosts, vmsPerHost, onStart }: SimulationOptions): Promise<void> {
  await mkdir(dir, { recursive: true });
  const counts = ["--hosts", String(hosts), "--vms", String(vmsPerHost)];
  const args = ["lab/simulated/main.ts", "--graphql", url, "--user", credentials.user, "--dir", dir, ...counts];
  const child = startChild({
    name: "simulation",
    log: join(dir, "simulation.log"),
    start: (log) => spawnNode(args, { ...process.env, OVERT_PASSWORD: credentials.password }, log),
  });
  onStart(child);
  await readyLine(child);
}
