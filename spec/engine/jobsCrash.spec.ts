import { expect, test } from "vitest";
import { until } from "../../lab/graphql.ts";
import { parallel } from "../../lab/simulated/parallel.ts";
import { Job } from "../../src/domain/job/job.ts";
import { describeDatabases, openStore, projectDatabase, type DatabaseKind } from "../support/database.ts";
import { crashEffects, crashJobs, effectsOf } from "../support/crashJobs.ts";
import { expireLeases, jobEnd, startRunner } from "../support/jobs.ts";
import { startProcess } from "../support/process.ts";
import { sampled } from "../support/sample.ts";

const JOBS = ["succeeding", "failing"] as const;
type JobName = (typeof JOBS)[number];
const STEP_PHASES = ["stepStarting", "stepDone", "stepCommitted"];
const phasesOf = (step: string) => STEP_PHASES.map((phase) => `${step}:${phase}`);
/** Every boundary of each job's life, in order. */
const BOUNDARIES = {
  // The job ends in the transaction of its last step.
  succeeding: [":claimed", ...phasesOf("one"), "two:stepStarting", "two:stepDone", ":ending", "two:stepCommitted", ":ended"],
  failing: [
    ":claimed",
    ...["one", "two"].flatMap(phasesOf),
    "three:stepStarting",
    ...["three", "two", "one"].flatMap((step) => [`${step}:undoing`, `${step}:undone`]),
    ":looked",
    ":ending",
    ":ended",
  ],
} as const;

/** All on the embedded database. On MariaDB, where little differs, some: all have had their turn after a few days. */
const boundariesOf = (name: JobName): readonly string[] =>
  projectDatabase().name === "SQLite" ? BOUNDARIES[name] : sampled(BOUNDARIES[name], 3);

/** Kills an engine at a boundary of its only job, starts the next, and tells what became of the job. */
async function dieAt({ fresh }: DatabaseKind, name: JobName, boundary: string): Promise<unknown> {
  const url = await fresh();
  const env = { OVERT_SPEC_KILL_AT: `${name}:${boundary}` };
  const engine = startProcess("./jobProcess.ts", [url, name], { preload: ["./killAtBoundary.ts"], env });
  const death = await engine.ended();
  const store = await openStore(url);
  await expireLeases(store);
  const [job] = await store.database.reader.find(Job);
  startRunner(store, Object.values(crashJobs));
  const { status } = await jobEnd(store, job!.id);
  return { boundary, death, status, effects: await effectsOf(store.database, job!.id) };
}

describeDatabases("an engine that dies", (database) => {
  test("the boundaries of a job's life are those at which these specs kill", async () => {
    const engine = startProcess("./jobProcess.ts", [await database.fresh(), ...JOBS], { preload: ["./killAtBoundary.ts"] });
    const lines = () => engine.output().split("\n");
    await until("both jobs' end", 60_000, async () => lines().filter((line) => line.endsWith(":ended")).length === 2);
    for (const name of JOBS) {
      const seen = lines().filter((line) => line.startsWith(`${name}:`));
      expect(seen).toEqual(BOUNDARIES[name].map((boundary) => `${name}:${boundary}`));
    }
  });

  test.each(JOBS)(
    "leaves a %s job that comes to its end, with no effect lost or doubled, at whichever boundary it dies",
    { timeout: 300_000 },
    async (name) => {
      const status = name === "succeeding" ? "FINISHED" : "FAILED";
      const expected = { death: "SIGKILL", status, effects: [...crashEffects[name]].toSorted() };
      const boundaries = boundariesOf(name);
      // As many at a time as a small machine has cores.
      const ends = await parallel(2, boundaries, (boundary) => dieAt(database, name, boundary));
      expect(ends).toEqual(boundaries.map((boundary) => ({ boundary, ...expected })));
    },
  );
});
