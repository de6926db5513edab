import "reflect-metadata";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { pino } from "pino";
import { readConfig } from "./config.ts";
import { startEngine } from "./startEngine.ts";

// The inventory lives as long as the process: collect garbage rather than let the heap grow to several times its size.
setFlagsFromString("--memory-saver-mode");
setFlagsFromString("--max-semi-space-size=8");

const { values } = parseArgs({ options: { port: { type: "string" }, dir: { type: "string" } } });
const config = readConfig(process.env, values);
// The ready line has standard output for itself.
const log = pino({ level: config.logLevel }, pino.destination(2));

const stop = async (signal: string, engine: { stop(): Promise<void> }) => {
  log.info({ signal }, "stopping");
  await engine.stop();
  process.exit(0);
};

try {
  const engine = await startEngine(config, log, join(import.meta.dirname, "../web/dist"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void stop(signal, engine));
  process.stdout.write(`${JSON.stringify({ ready: true, url: engine.url, user: "admin@internal", password: engine.initialPassword })}\n`);
} catch (error) {
  log.fatal({ error: error instanceof Error ? error.message : String(error) }, "the engine cannot start");
  process.exit(1);
}
