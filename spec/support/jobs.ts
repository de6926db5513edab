import { onTestFinished } from "vitest";
import { addJob, type JobDefinition, type JobRunner, type StepDefinition } from "../../src/domain/job/definition.ts";
import { Job, Step } from "../../src/domain/job/job.ts";
import type { RunnerSettings } from "../../src/domain/job/parts.ts";
import { createJobRunner } from "../../src/domain/job/runner.ts";
import { SPEC_ORIGIN, type Store } from "./database.ts";
import { fakeHosts, QUICK, silent, type FakeHosts } from "./jobFakes.ts";

export interface SpecRunner extends JobRunner {
  readonly hosts: FakeHosts;
}
/** A runner over the store, stopped when the running test is finished. */
export function startRunner(
  store: Store,
  definitions: Iterable<JobDefinition<object>>,
  settings: Partial<RunnerSettings> = {},
): SpecRunner {
  const hosts = fakeHosts();
  const runner = createJobRunner({ ...store, hosts, definitions, log: silent, settings: { ...QUICK, ...settings } });
  onTestFinished(() => runner.stop());
  return { ...runner, hosts };
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

/** Waits until the job's row satisfies `done`. */
export async function jobUntil(store: Store, id: string, done: (job: Job) => boolean): Promise<Job> {
  for (;;) {
    const job = await readJob(store, id);
    if (done(job)) return job;
    await new Promise((later) => setTimeout(later, 10));
  }
}
export const jobEnd = (store: Store, id: string): Promise<Job> => jobUntil(store, id, ({ status }) => status !== "STARTED");
