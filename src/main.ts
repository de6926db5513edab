import "reflect-metadata";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { pino } from "pino";
import { ConfigError, readConfig, unknownSettings, type Config } from "./config.ts";
import { greeting } from "./greeting.ts";
import { startEngine, type RunningEngine } from "./startEngine.ts";
import { startFailure } from "./startFailure.ts";

// The inventory lives as long as the process: collect garbage rather than let the heap grow to several times its size.
setFlagsFromString("--memory-saver-mode");
setFlagsFromString("--max-semi-space-size=8");

/** What is wrong with how the engine was called: as supervisors have it, it need not be tried again. */
const USAGE = 2;

function readOrExit(): Config {
  try {
    const { values } = parseArgs({ options: { port: { type: "string" }, dir: { type: "string" } } });
    // On a terminal people read along: the greeting says more than the log's first lines.
    return readConfig({ ...(process.stderr.isTTY && { OVERT_LOG_LEVEL: "warn" }), ...process.env }, values);
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

function stop(signal: string, engine: RunningEngine): void {
  log.info({ signal }, "stopping");
  engine.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      log.fatal({ error: error instanceof Error ? error.message : String(error) }, "the engine cannot stop in order");
      process.exit(1);
    },
  );
}

function tell({ url, initialPassword: password, engine }: RunningEngine): void {
  if (process.stderr.isTTY) process.stderr.write(`${greeting({ url, password, hostlinkUrl: engine.settings.hostlinkUrl }, config)}\n`);
  process.stdout.write(`${JSON.stringify({ ready: true, url, user: "admin@internal", password })}\n`);
}

try {
  const engine = await startEngine(config, log, join(import.meta.dirname, "../web/dist"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop(signal, engine));
  tell(engine);
} catch (error) {
  const why = startFailure(error, config);
  // A person is told in words, a log in its own form.
  if (process.stderr.isTTY) process.stderr.write(`The engine cannot start. ${why}\n`);
  else pino({}, pino.destination({ dest: 2, sync: true })).fatal({ error: why }, "the engine cannot start");
  process.exit(1);
}
