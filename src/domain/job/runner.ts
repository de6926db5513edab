import { setTimeout as sleep } from "node:timers/promises";
import type { Engine } from "../engine.ts";
import { claim, claimable, placeOf, release } from "./claim.ts";
import type { JobRunner } from "./definition.ts";
import { LEFT, leaveNow, waiting, type Held } from "./held.ts";
import { RUNNER_SETTINGS, type AnyJobDefinition, type RunnerParts, type RunnerSettings } from "./parts.ts";
import { runJob } from "./run.ts";
import { createSlots } from "./slots.ts";
import { watch } from "./watch.ts";

export interface JobRunnerOptions {
  engine: Engine;
  definitions: Iterable<AnyJobDefinition>;
  settings?: Partial<RunnerSettings>;
}

/**
 * Runs the jobs in the database: durable, each by one runner at a time, resumed by whoever claims it next. It begins at
 * once. On the embedded database there is no other engine, so a job that someone else holds was left by a dead one.
 */
export function createJobRunner(options: JobRunnerOptions): JobRunner {
  const held = new Map<string, Held>();
  const tasks = new Set<Promise<void>>();
  const stopping = new AbortController();
  const watchers = createWatchers();
  const parts = partsOf(options, watchers.passed, () => wake());

  const start = (job: Held): void => {
    held.set(job.id, job);
    const task = runToEnd(parts, job, stopping.signal).finally(() => {
      held.delete(job.id);
      tasks.delete(task);
      if (job.atWork) parts.slots.give(job.place);
      wake();
    });
    tasks.add(task);
  };
  const take = async (row: Parameters<typeof placeOf>[1] & { id: string }): Promise<void> => {
    const place = placeOf(parts, row);
    if (stopping.signal.aborted || !parts.slots.tryTake(place)) return;
    const job = await claim(parts, row.id, place).catch((error: unknown) => {
      parts.slots.give(place);
      throw error;
    });
    if (job) start(job);
    else parts.slots.give(place);
  };
  const look = async (): Promise<void> => {
    await parts.presence.ready;
    if (parts.slots.free === 0) return;
    const rows = await claimable(parts, (id) => held.has(id));
    const claims = rows.map(take);
    await Promise.all(claims);
  };
  const { wake, idle } = oneAtATime(parts, stopping.signal, look);

  const stop = async (): Promise<void> => {
    stopping.abort();
    await idle();
    for (const job of held.values()) job.leaving.abort();
    await Promise.race([Promise.allSettled(tasks), sleep(parts.settings.stopMs, undefined, { ref: false })]);
    for (const job of held.values()) leaveNow(job);
    await Promise.allSettled(tasks);
  };

  watch(parts, () => held, stopping.signal);
  wake();
  return { wake, watch: watchers.watch, stop };
}

function partsOf({ engine, definitions, settings }: JobRunnerOptions, passed: RunnerParts["passed"], wake: () => void): RunnerParts {
  const { database, unitOfWork, journal, hosts, presence, log } = engine;
  const known = new Map([...definitions].map((definition) => [definition.name, definition]));
  const all = { ...RUNNER_SETTINGS, ...settings };
  const used = { engine, database, unitOfWork, journal, hosts, presence, log };
  return { ...used, definitions: known, settings: all, slots: createSlots(all, wake), passed, wake };
}

/** Who is told of what passes of a job without being journaled. */
function createWatchers() {
  const watchers = new Map<string, Set<() => void>>();
  const watchJob = (jobId: string, told: () => void) => {
    const ofJob = watchers.get(jobId) ?? new Set();
    watchers.set(jobId, ofJob.add(told));
    return () => {
      ofJob.delete(told);
      if (ofJob.size === 0 && watchers.get(jobId) === ofJob) watchers.delete(jobId);
    };
  };
  const passed = (jobId: string) => {
    for (const told of watchers.get(jobId) ?? []) told();
  };
  return { watch: watchJob, passed };
}

/** Runs `look` when woken and every so often; a wake during a look is followed by another look. */
function oneAtATime({ log, settings }: RunnerParts, stopped: AbortSignal, look: () => Promise<void>) {
  let woken = false;
  let looking: Promise<void> | null = null;
  const lookWhileWoken = async () => {
    while (woken && !stopped.aborted) {
      woken = false;
      await look().catch((error: unknown) => log.warn({ err: error }, "looking for jobs failed"));
    }
    looking = null;
  };
  const wake = () => {
    woken = true;
    looking ??= lookWhileWoken();
  };
  const timer = setInterval(wake, settings.lookMs).unref();
  stopped.addEventListener("abort", () => clearInterval(timer), { once: true });
  return { wake, idle: async () => void (await looking) };
}

/** Never rejects. A job that could not be taken to its end is left for the next claim. */
async function runToEnd(parts: RunnerParts, job: Held, stopping: AbortSignal): Promise<void> {
  try {
    await runJob(parts, job);
  } catch (error) {
    if (error !== LEFT) parts.log.error({ jobId: job.id, job: job.job.name, err: error }, "job was interrupted");
    leaveNow(job);
    if (stopping.aborted || job.wanted !== null)
      return release(parts, job).catch((err: unknown) => parts.log.warn({ jobId: job.id, err }, "job was not given back"));
    const rest = () => sleep(parts.settings.restMs, undefined, { signal: stopping, ref: false }).catch(() => undefined);
    await waiting(parts, job, rest).catch(() => undefined);
  }
}
