import "reflect-metadata";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { pino } from "pino";
import { ConfigError, readConfig, unknownSettings, type Config } from "./config.ts";
import { startEngine } from "./startEngine.ts";

// The inventory lives as long as the process: collect garbage rather than let the heap grow to several times its size.
setFlagsFromString("--memory-saver-mode");
setFlagsFromString("--max-semi-space-size=8");

/** What is wrong with how the engine was called: as a supervisor's own convention has it, it need not try again. */
const USAGE = 2;

function readOrExit(): Config {
  try {
    const { values } = parseArgs({ options: { port: { type: "string" }, dir: { type: "string" } } });
    return readConfig(process.env, values);
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems : [(error as Error).message.split("\n")[0]];
    for (const problem of problems) process.stderr.write(`${problem}\n`);
    return process.exit(USAGE);
  }
}

const config = readOrExit();
// The ready line has standard output for itself.
const log = pino({ level: config.logLevel }, pino.destination(2));
for (const name of unknownSettings(process.env)) log.warn({ name }, "an environment variable that the engine does not know");

const failed = (what: string) => (error: unknown) => {
  log.fatal({ error: error instanceof Error ? error.message : String(error) }, what);
  process.exit(1);
};
const stop = (signal: string, engine: { stop(): Promise<void> }) => {
  log.info({ signal }, "stopping");
  engine.stop().then(() => process.exit(0), failed("the engine cannot stop in order"));
};

try {
  const engine = await startEngine(config, log, join(import.meta.dirname, "../web/dist"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop(signal, engine));
  process.stdout.write(`${JSON.stringify({ ready: true, url: engine.url, user: "admin@internal", password: engine.initialPassword })}\n`);
} catch (error) {
  failed("the engine cannot start")(error);
}
