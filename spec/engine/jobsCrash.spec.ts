import { expect, test } from "vitest";
import { Job } from "../../src/domain/job/job.ts";
import { describeDatabases, openStore, type DatabaseKind } from "../support/database.ts";
import { crashEffects, crashJobs, effectsOf } from "../support/crashJobs.ts";
import { jobEnd, startRunner } from "../support/jobs.ts";
import { startProcess } from "../support/process.ts";

const JOBS = ["succeeding", "failing"] as const;
type JobName = (typeof JOBS)[number];
const STEP_PHASES = ["stepStarting", "stepDone", "stepCommitted"];
/** Every boundary of each job's life, in order. */
const BOUNDARIES = {
  succeeding: [":claimed", ...["one", "two"].flatMap((step) => STEP_PHASES.map((phase) => `${step}:${phase}`)), ":ending", ":ended"],
  failing: [
    ":claimed",
    ...["one", "two"].flatMap((step) => STEP_PHASES.map((phase) => `${step}:${phase}`)),
    "three:stepStarting",
    ...["three", "two", "one"].flatMap((step) => [`${step}:undoing`, `${step}:undone`]),
    ":looked",
    ":ending",
    ":ended",
  ],
} as const;

/** Kills an engine at a boundary of its only job, starts the next, and tells what became of the job. */
async function dieAt({ fresh }: DatabaseKind, name: JobName, boundary: string): Promise<unknown> {
  const url = await fresh();
  const env = { OVERT_SPEC_KILL_AT: `${name}:${boundary}` };
  const engine = startProcess("./jobProcess.ts", [url, name], { preload: ["./killAtBoundary.ts"], env });
  const death = await engine.ended();
  const store = await openStore(url);
  const [job] = await store.database.reader.find(Job);
  startRunner(store, Object.values(crashJobs));
  const { status } = await jobEnd(store, job!.id);
  return { boundary, death, status, effects: await effectsOf(store.database, job!.id) };
}

/** Two at a time, in order; like the cores of a small machine. */
async function inPairs<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = [...all.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all([worker(), worker()]);
  return results;
}

describeDatabases("an engine that dies", (database) => {
  test("the boundaries of a job's life are those at which these specs kill", async () => {
    const engine = startProcess("./jobProcess.ts", [await database.fresh(), ...JOBS], { preload: ["./killAtBoundary.ts"] });
    const lines = () => engine.output().split("\n");
    while (lines().filter((line) => line.endsWith(":ended")).length < 2) await new Promise((later) => setTimeout(later, 50));
    for (const name of JOBS) {
      const seen = lines().filter((line) => line.startsWith(`${name}:`));
      expect(seen).toEqual(BOUNDARIES[name].map((boundary) => `${name}:${boundary}`));
    }
  });

  // What the succeeding one would show beyond that does not depend on the database.
  const names: JobName[] = database.name === "SQLite" ? [...JOBS] : ["failing"];
  test.each(names)(
    "leaves a %s job that comes to its end, with no effect lost or doubled, at whichever boundary it dies",
    { timeout: 300_000 },
    async (name) => {
      const status = name === "succeeding" ? "FINISHED" : "FAILED";
      const expected = { death: "SIGKILL", status, effects: [...crashEffects[name]].toSorted() };
      const ends = await inPairs(BOUNDARIES[name], (boundary) => dieAt(database, name, boundary));
      expect(ends).toEqual(BOUNDARIES[name].map((boundary) => ({ boundary, ...expected })));
    },
  );
});
