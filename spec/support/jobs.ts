import { onTestFinished } from "vitest";
import { addJob, type JobDefinition, type JobRunner, type StepDefinition } from "../../src/domain/job/definition.ts";
import { SYSTEM } from "../../src/domain/access/caller.ts";
import { cancelJob } from "../../src/domain/job/cancel.ts";
import { EngineRow, JobRun, StepRun } from "../../src/db/tables.ts";
import { startPresence, type Presence } from "../../src/domain/presence.ts";
import { Job, Step } from "../../src/domain/job/job.ts";
import type { RunnerSettings } from "../../src/domain/job/parts.ts";
import { createJobRunner } from "../../src/domain/job/runner.ts";
import { openDataSource, type DatabaseUrl } from "../../src/db/database.ts";
import { SPEC_ORIGIN, type Store } from "./database.ts";
import { fakeHosts, LEASE_MS, QUICK, silent, withoutVerbs, type FakeHosts } from "./jobFakes.ts";

export interface SpecRunner extends JobRunner {
  readonly hosts: FakeHosts;
  cancel(jobId: string): Promise<unknown>;
}
/** A runner over the store, stopped when the running test is finished. */
export function startRunner(
  store: Store,
  definitions: Iterable<JobDefinition<object>>,
  settings: Partial<RunnerSettings> = {},
): SpecRunner {
  const hosts = fakeHosts();
  const presence = specPresence(store.database);
  const runner = createJobRunner({
    engine: withoutVerbs({ ...store, hosts, presence, log: silent }),
    definitions,
    settings: { ...QUICK, ...settings },
  });
  onTestFinished(() => runner.stop());
  return { ...runner, hosts, cancel: (id) => cancelJob(withoutVerbs(store), SYSTEM, { id, mode: "APPLY" }) };
}

/** An engine of its own, gone when the running test is finished. */
export function specPresence(database: Store["database"]): Presence {
  const presence = startPresence({ database, log: silent, leaseMs: LEASE_MS });
  onTestFinished(() => presence.stop());
  return presence;
}

/** A step that notes that it ran, and that it was undone. */
export const noting = (name: string, notes: string[], more: Partial<StepDefinition<object>> = {}): StepDefinition<object> => ({
  name,
  description: name,
  run: async () => void notes.push(name),
  undo: async () => void notes.push(`undo ${name}`),
  ...more,
});

export const jobOf = (name: string, steps: StepDefinition<object>[], ended?: JobDefinition<object>["ended"]): JobDefinition<object> => ({
  name,
  steps,
  ...(ended && { ended }),
});

export async function addSpecJob(store: Store, definition: JobDefinition<object>, input: object = {}): Promise<string> {
  const wanted = { definition, description: "spec", subject: { kind: "Vm" as const, id: "x" }, input };
  return (await store.unitOfWork.run(SPEC_ORIGIN, (tx) => addJob(tx, wanted))).id;
}

export const readJob = ({ database }: Store, id: string): Promise<Job> => database.reader.findOneByOrFail(Job, { id });
export const readSteps = ({ database }: Store, jobId: string): Promise<Step[]> =>
  database.reader.find(Step, { where: { jobId }, order: { number: "ASC" } });

/** What passes of a job; null when it has ended. */
export const readRun = ({ database }: Store, jobId: string): Promise<JobRun | null> => database.reader.findOneBy(JobRun, { jobId });
export const readStepRuns = ({ database }: Store, jobId: string): Promise<StepRun[]> =>
  database.reader.find(StepRun, { where: { jobId }, order: { number: "ASC" } });

/** Waits until what passes of a running job satisfies `done`. */
export async function runUntil(store: Store, id: string, done: (run: JobRun) => boolean): Promise<JobRun> {
  for (;;) {
    const run = await readRun(store, id);
    if (run && done(run)) return run;
    await new Promise((later) => setTimeout(later, 10));
  }
}
/** Waits until a runner has it. */
export const taken = (store: Store, id: string) => runUntil(store, id, ({ runner }) => runner !== null);

/** Engines that are dead are taken for such now: the spec's clock, as it were. */
export const expireLeases = ({ database }: Pick<Store, "database">): Promise<unknown> =>
  database.transaction((manager) => manager.createQueryBuilder().update(EngineRow).set({ leaseUntil: 0 }).execute());

/** As `expireLeases`, where nothing of the database is open. The embedded one knows no leases. */
export async function expireLeasesOf(url: DatabaseUrl): Promise<void> {
  if (url.startsWith("sqlite:")) return;
  const source = await openDataSource(url);
  await source.manager.createQueryBuilder().update(EngineRow).set({ leaseUntil: 0 }).execute();
  await source.destroy();
}

/** Waits until the job's row satisfies `done`. */
async function jobUntil(store: Store, id: string, done: (job: Job) => boolean): Promise<Job> {
  for (;;) {
    const job = await readJob(store, id);
    if (done(job)) return job;
    await new Promise((later) => setTimeout(later, 10));
  }
}
export const jobEnd = (store: Store, id: string): Promise<Job> => jobUntil(store, id, ({ status }) => status !== "STARTED");
