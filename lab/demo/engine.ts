import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readyLine, spawnNode, startChild, type Child } from "./child.ts";

export interface EngineOptions {
  port: number;
  /** Of the agents' listener. */
  hostlinkPort: number;
  /** Where it keeps its database; what it logs goes to `engine.log` there. */
  dir: string;
  /** Names and IP addresses under which agents dial; the server's certificate carries them. */
  addresses: readonly string[];
  env?: Record<string, string>;
  /** Told of the process at once, before it is ready. */
  onStart?: (child: Child) => void;
}
export interface RunningEngine {
  child: Child;
  url: string;
  user: string;
  /** Only at the first start with this folder. */
  password: string | null;
}
interface ReadyLine {
  url: string;
  user: string;
  password?: string | null;
}

/** Starts an engine from source. Resolves with its ready line; rejects when it ends before. */
export async function startEngine(options: EngineOptions): Promise<RunningEngine> {
  await mkdir(options.dir, { recursive: true });
  const env = {
    ...process.env,
    OVERT_PORT: String(options.port),
    OVERT_HOSTLINK_PORT: String(options.hostlinkPort),
    OVERT_HOSTLINK_ADDRESSES: options.addresses.join(","),
    OVERT_DIR: options.dir,
    ...options.env,
  };
  const child = startChild({
    name: "engine",
    log: join(options.dir, "engine.log"),
    start: (log) => spawnNode(["--import", "./scripts/typescript.mjs", "src/main.ts"], env, log),
  });
  options.onStart?.(child);
  const line = await readyLine<ReadyLine>(child);
  return { child, url: line.url, user: line.user, password: line.password ?? null };
}
