import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { notFound, OvertError } from "../../errors.ts";
import { claim, claimable, release } from "./claim.ts";
import type { JobRunner } from "./definition.ts";
import { LEFT, leaveNow, originOf, type Held } from "./held.ts";
import { Job } from "./job.ts";
import { RUNNER_SETTINGS, type AnyJobDefinition, type RunnerParts, type RunnerSettings } from "./parts.ts";
import { runJob } from "./run.ts";
import { watch } from "./watch.ts";

export interface JobRunnerOptions extends Pick<RunnerParts, "database" | "unitOfWork" | "journal" | "hosts" | "log"> {
  definitions: Iterable<AnyJobDefinition>;
  settings?: Partial<RunnerSettings>;
}

/**
 * Runs the jobs in the database: durable, each by one runner at a time, resumed by whoever claims it next. It begins at
 * once. On the embedded database there is no other engine, so a job that someone else holds was left by a dead one.
 */
export function createJobRunner({ definitions, settings, ...rest }: JobRunnerOptions): JobRunner {
  const known = new Map([...definitions].map((definition) => [definition.name, definition]));
  const parts: RunnerParts = { ...rest, definitions: known, settings: { ...RUNNER_SETTINGS, ...settings }, runnerId: randomUUID() };
  const held = new Map<string, Held>();
  const tasks = new Set<Promise<void>>();
  const stopping = new AbortController();

  const start = (job: Held): void => {
    held.set(job.id, job);
    const task = runToEnd(parts, job, stopping.signal).finally(() => {
      held.delete(job.id);
      tasks.delete(task);
      wake();
    });
    tasks.add(task);
  };
  const look = async (): Promise<void> => {
    const busy = [...held.values()].filter(({ pausing }) => !pausing).length;
    const free = parts.settings.parallel - busy;
    if (free <= 0) return;
    const claims = (await claimable(parts, [...held.keys()], free)).map(async (id) => {
      const job = stopping.signal.aborted ? null : await claim(parts, id);
      if (job) start(job);
    });
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
  return { wake, cancel: (jobId) => cancel(parts, jobId), stop };
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
    if (stopping.aborted)
      return release(parts, job).catch((err: unknown) => parts.log.warn({ jobId: job.id, err }, "lease was not given back"));
    job.pausing = true;
    await sleep(parts.settings.restMs, undefined, { signal: stopping, ref: false }).catch(() => undefined);
  }
}

async function cancel({ database, unitOfWork }: RunnerParts, jobId: string): Promise<void> {
  const asked = await database.reader.findOneBy(Job, { id: jobId });
  if (!asked) throw notFound("Job", jobId);
  await unitOfWork.run(originOf(asked), async (transaction) => {
    const job = await database.reader.findOneByOrFail(Job, { id: jobId });
    if (job.status !== "STARTED" || job.undoing) {
      const why = job.undoing ? "This job is being undone already." : "This job has ended.";
      throw new OvertError("NOT_ALLOWED_IN_STATE", why, [{ code: job.undoing ? "JOB_UNDOING" : `JOB_${job.status}`, message: why }]);
    }
    transaction.update("Job", job, { cancelRequested: true, lastUpdated: transaction.now });
  });
}
