import { subscribe } from "node:diagnostics_channel";
import { writeSync } from "node:fs";
import { JOB_CHANNEL, type JobTrace } from "../../src/domain/job/trace.ts";

/**
 * Preload (`node --import`) of an engine that is to die at a boundary of a job's life, as if the power had failed.
 * `OVERT_SPEC_KILL_AT` is `<job>:<step>:<phase>`, the step empty where the phase is not about one; without it every
 * boundary is written to standard output in that form, one per line. `OVERT_SPEC_KILL_WITH` is the signal: SIGKILL unless
 * given, SIGSTOP for an engine that hangs and comes back.
 */
const killAt = process.env["OVERT_SPEC_KILL_AT"];
const signal = process.env["OVERT_SPEC_KILL_WITH"] ?? "SIGKILL";

subscribe(JOB_CHANNEL, (message) => {
  const { job, step, phase } = message as JobTrace;
  const boundary = `${job}:${step ?? ""}:${phase}`;
  if (killAt === undefined) writeSync(1, `${boundary}\n`);
  else if (killAt === boundary) process.kill(process.pid, signal);
});
