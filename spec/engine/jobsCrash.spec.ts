import { expect, test } from "vitest";
import { Job } from "../../src/domain/job/job.ts";
import { DataCenter } from "../../src/domain/dataCenter/dataCenter.ts";
import { describeDatabases, describeMariaDb, openStore, type DatabaseKind, type Store } from "../support/database.ts";
import { crashEffects, crashJobs } from "../support/crashJobs.ts";
import { jobEnd, startRunner } from "../support/jobs.ts";
import { startProcess } from "../support/process.ts";

const JOBS = ["succeeding", "failing"] as const;
const STEP_PHASES = ["stepStarting", "stepDone", "stepCommitted"];
/** Every boundary of each job's life, in order. */
const BOUNDARIES = {
  succeeding: [":claimed", ...["one", "two"].flatMap((step) => STEP_PHASES.map((phase) => `${step}:${phase}`)), ":ending", ":ended"],
  failing: [
    ":claimed",
    ...["one", "two"].flatMap((step) => STEP_PHASES.map((phase) => `${step}:${phase}`)),
    "three:stepStarting",
    ...["three", "two", "one"].flatMap((step) => [`${step}:undoing`, `${step}:undone`]),
    ":ending",
    ":ended",
  ],
} as const;

/** What the job has left in the database. */
async function effects({ database }: Store, jobId: string): Promise<string[]> {
  const rows = await database.reader.findBy(DataCenter, { comment: jobId });
  return rows.map(({ description }) => description).toSorted();
}

async function dieAt({ fresh }: DatabaseKind, name: (typeof JOBS)[number], boundary: string): Promise<void> {
  const url = await fresh();
  const env = { OVERT_SPEC_KILL_AT: `${name}:${boundary}` };
  const engine = startProcess("./jobProcess.ts", [url, name], { preload: ["./killAtBoundary.ts"], env });
  expect(await engine.ended()).toBe("SIGKILL");
  const store = await openStore(url);
  const [job] = await store.database.reader.find(Job);
  startRunner(store, Object.values(crashJobs));
  const { status } = await jobEnd(store, job!.id);
  expect(status).toBe(name === "succeeding" ? "FINISHED" : "FAILED");
  expect(await effects(store, job!.id)).toEqual([...crashEffects[name]].toSorted());
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

  for (const name of JOBS)
    test.concurrent.each(BOUNDARIES[name])(`leaves a ${name} job that is ended, and no effect twice, at %s`, (boundary) =>
      dieAt(database, name, boundary),
    );
});
