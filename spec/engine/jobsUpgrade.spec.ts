import { expect, test } from "vitest";
import { openDataSource } from "../../src/db/database.ts";
import { MIGRATIONS } from "../../src/db/migrations/index.ts";
import { describeDatabases, openStore } from "../support/database.ts";
import { jobEnd, jobOf, noting, readJob, readRun, readStepRuns, readSteps, startRunner } from "../support/jobs.ts";

const AT = "2026-01-01 00:00:00.000";
/** As the version before wrote them. */
const job = (id: string, status: string) => ({
  id,
  version: 5,
  name: "upgraded",
  description: "An old job",
  status,
  progress: 60,
  reasons: "[]",
  cancellable: true,
  startTime: AT,
  endTime: status === "STARTED" ? null : AT,
  lastUpdated: AT,
  correlationId: "c",
  ownerId: null,
  subjectKind: "Vm",
  subjectId: "v",
  input: `{"hostId":"h"}`,
  runner: status === "STARTED" ? "dead" : null,
  leaseUntil: status === "STARTED" ? "2099-01-01 00:00:00.000" : null,
  fence: 3,
  cancelRequested: false,
  undoing: false,
});
const step = (jobId: string, number: number, status: string) => ({
  id: `${jobId}-${number}`,
  version: 2,
  jobId,
  number,
  name: ["a", "b"][number],
  description: "A step",
  status,
  progress: status === "FINISHED" ? 100 : 20,
  attempts: status === "UNKNOWN" ? 0 : 2,
  startTime: status === "UNKNOWN" ? null : AT,
  endTime: status === "FINISHED" ? AT : null,
  retryAt: null,
  undone: false,
});

describeDatabases("a database from before jobs had runs of their own", ({ empty }) => {
  test("keeps its history, and the jobs that run in it go on where they were, under higher fences", async () => {
    const url = await empty();
    const old = await openDataSource(url);
    const runner = old.createQueryRunner();
    await new MIGRATIONS[0]!().up(runner);
    // By hand: the entities of today know other columns.
    const insert = async (table: string, row: object) => {
      const columns = Object.keys(row).map((name) => old.driver.escape(name));
      const values = Object.values(row).map((value: unknown) => (typeof value === "boolean" ? Number(value) : value));
      await runner.query(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`, values);
    };
    for (const [id, status] of [
      ["running", "STARTED"],
      ["ended", "FINISHED"],
    ] as const) {
      await insert("job", job(id, status));
      await insert("step", step(id, 0, "FINISHED"));
      await insert("step", step(id, 1, status));
    }
    await runner.release();
    await old.destroy();

    const store = await openStore(url);
    expect(await readRun(store, "ended")).toBeNull();
    expect(await readRun(store, "running")).toMatchObject({ runner: null, fence: 3, progress: 60, cancellable: true, wanted: null });
    expect(await readStepRuns(store, "running")).toMatchObject([{ number: 0 }, { number: 1, attempts: 2, progress: 20, retryAt: null }]);
    const before = [await readJob(store, "ended"), await readSteps(store, "ended")];
    expect(before[0]).toMatchObject({ status: "FINISHED", progress: 60, version: 5, parentId: null, input: { hostId: "h" } });

    const notes: unknown[] = [];
    const fenced = noting("b", [], { run: async ({ callContext }) => void notes.push(callContext().fence) });
    startRunner(store, [jobOf("upgraded", [noting("a", notes as string[]), fenced])]);
    expect(await jobEnd(store, "running")).toMatchObject({ status: "FINISHED", progress: 100 });
    expect(notes).toEqual([4]);
    expect((await readSteps(store, "running")).map(({ status, attempts }) => [status, attempts])).toEqual([
      ["FINISHED", 2],
      ["FINISHED", 3],
    ]);
    expect([await readJob(store, "ended"), await readSteps(store, "ended")]).toEqual(before);
  });
});
