import "reflect-metadata";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { pino } from "pino";
import { readConfig, type Config } from "./config.ts";
import { greeting } from "./greeting.ts";
import { startEngine, type RunningEngine } from "./startEngine.ts";
import { startFailure } from "./startFailure.ts";

// The inventory lives as long as the process: collect garbage rather than let the heap grow to several times its size.
setFlagsFromString("--memory-saver-mode");
setFlagsFromString("--max-semi-space-size=8");

let known: Config | undefined;
try {
  const { values } = parseArgs({ options: { port: { type: "string" }, dir: { type: "string" } } });
  // On a terminal people read along: the greeting says more than the log's first lines.
  known = readConfig({ ...(process.stderr.isTTY && { OVERT_LOG_LEVEL: "warn" }), ...process.env }, values);
  await run(known);
} catch (error) {
  const why = startFailure(error, known);
  // A person is told in words, a log in its own form.
  if (process.stderr.isTTY) process.stderr.write(`The engine cannot start. ${why}\n`);
  else pino({}, pino.destination({ dest: 2, sync: true })).fatal({ error: why }, "the engine cannot start");
  process.exit(1);
}

async function run(config: Config): Promise<void> {
  // The ready line has standard output for itself.
  const log = pino({ level: config.logLevel }, pino.destination(2));
  const running = await startEngine(config, log, join(import.meta.dirname, "../web/dist"));
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      log.info({ signal }, "stopping");
      void running.stop().then(() => process.exit(0));
    });
  tell(running, config);
}

function tell({ url, initialPassword: password, engine }: RunningEngine, config: Config): void {
  if (process.stderr.isTTY) process.stderr.write(`${greeting({ url, password, hostlinkUrl: engine.settings.hostlinkUrl }, config)}\n`);
  process.stdout.write(`${JSON.stringify({ ready: true, url, user: "admin@internal", password })}\n`);
}
