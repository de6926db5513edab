import { expect, test } from "vitest";
import { until } from "../../lab/graphql.ts";
import { EngineRow, JobRun } from "../../src/db/tables.ts";
import { describeMariaDb, openStore } from "../support/database.ts";
import { crashEffects, crashJobs, effectsOf } from "../support/crashJobs.ts";
import { dataCenter } from "../support/entities.ts";
import { LEASE_MS } from "../support/jobFakes.ts";
import {
  addSpecJob,
  expireLeases,
  jobEnd,
  jobOf,
  noting,
  readJob,
  readRun,
  readStepRuns,
  readSteps,
  runUntil,
  startRunner,
  taken,
} from "../support/jobs.ts";
import { startProcess } from "../support/process.ts";

describeMariaDb("several job runners", ({ fresh }) => {
  test("a runner that lost its job writes nothing more of it", async () => {
    const store = await openStore(await fresh());
    const gate = Promise.withResolvers<void>();
    const notes: string[] = [];
    const run = async () => {
      await gate.promise;
      return (tx: Parameters<Parameters<typeof store.unitOfWork.run>[1]>[0]) => void tx.insert("DataCenter", dataCenter("late"));
    };
    const job = jobOf("slow", [noting("a", notes, { run })], (tx) => void tx.insert("DataCenter", dataCenter("ended")));
    const id = await addSpecJob(store, job);
    const runner = startRunner(store, [job]);
    await taken(store, id);
    await store.database.transaction((manager) => manager.update(JobRun, { jobId: id }, { runner: "other", fence: 2 }));
    const [before] = await readSteps(store, id);
    gate.resolve();
    await runner.stop();
    expect(store.journal.snapshot().count("DataCenter")).toBe(0);
    expect(await readSteps(store, id)).toEqual([before]);
    expect(await readJob(store, id)).toMatchObject({ status: "STARTED" });
    expect(await readRun(store, id)).toMatchObject({ runner: "other", fence: 2 });
    expect(notes).toEqual([]);
  });

  test("a job is taken over when its runner hangs, and the runner that comes back does no harm", async () => {
    const url = await fresh();
    const env = { OVERT_SPEC_KILL_AT: "succeeding:one:stepDone", OVERT_SPEC_KILL_WITH: "SIGSTOP" };
    const store = await openStore(url);
    const id = await addSpecJob(store, crashJobs.succeeding);
    const hanging = startProcess("./jobProcess.ts", [url], { preload: ["./killAtBoundary.ts"], env });
    await taken(store, id);
    // At the boundary, and not before it.
    await until("the step's begin", 20_000, async () => (await readStepRuns(store, id)).length > 0);
    await expireLeases(store);
    const runner = startRunner(store, Object.values(crashJobs));
    expect((await jobEnd(store, id)).status).toBe("FINISHED");
    await runner.stop();
    hanging.child.kill("SIGCONT");
    // It has come back, and done with the old job, when it has done another one.
    expect(await jobEnd(store, await addSpecJob(store, crashJobs.failing))).toMatchObject({ status: "FAILED" });
    expect(hanging.child.exitCode).toBeNull();
    expect(await effectsOf(store.database, id)).toEqual([...crashEffects.succeeding].toSorted());
  });

  test("a long step keeps its lease", async () => {
    const url = await fresh();
    const [here, there] = [await openStore(url), await openStore(url)];
    const gate = Promise.withResolvers<void>();
    const job = jobOf("long", [noting("a", [], { run: () => gate.promise })]);
    const id = await addSpecJob(here, job);
    for (const store of [here, there]) startRunner(store, [job], { lookMs: 50 });
    await taken(here, id);
    const leases = async () => (await here.database.reader.find(EngineRow)).map(({ leaseUntil }) => leaseUntil);
    const first = Math.max(...(await leases()));
    // Both have lived on for longer than the first lease of either.
    await until("later leases", 20_000, async () => (await leases()).every((lease) => lease > first + LEASE_MS));
    expect(await readRun(here, id)).toMatchObject({ fence: 1 });
    gate.resolve();
    expect((await jobEnd(here, id)).status).toBe("FINISHED");
  });

  test("a cancel that another engine was asked for is heard", async () => {
    const url = await fresh();
    const [here, there] = [await openStore(url), await openStore(url)];
    const wait = ({ signal }: { signal: AbortSignal }) =>
      new Promise<void>((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
    const job = jobOf("waiting", [noting("a", [], { cancellable: true, run: wait })]);
    const id = await addSpecJob(here, job);
    startRunner(here, [job]);
    await runUntil(here, id, ({ cancellable, runner }) => cancellable && runner !== null);
    await startRunner(there, []).cancel(id);
    expect((await jobEnd(here, id)).status).toBe("ABORTED");
  });

  test("three engines, one of them killed, end every job once", { timeout: 120_000 }, async () => {
    const url = await fresh();
    const store = await openStore(url);
    const engines = [1, 2, 3].map(() => startProcess("./jobProcess.ts", [url]));
    const wanted = Array.from({ length: 40 }, (_, number) => (number % 3 === 0 ? "failing" : "succeeding") as keyof typeof crashJobs);
    const jobs: { id: string; name: keyof typeof crashJobs }[] = [];
    for (const name of wanted) jobs.push({ name, id: await addSpecJob(store, crashJobs[name]) });
    await Promise.race(jobs.slice(10).map(({ id }) => jobEnd(store, id)));
    const busy = await Promise.all(jobs.map(({ id }) => readJob(store, id)));
    engines[0]!.child.kill("SIGKILL");
    expect(busy.filter(({ status }) => status === "STARTED").length).toBeGreaterThan(0);
    for (const { id, name } of jobs) {
      expect((await jobEnd(store, id)).status).toBe(name === "failing" ? "FAILED" : "FINISHED");
      expect(await effectsOf(store.database, id)).toEqual([...crashEffects[name]].toSorted());
    }
  });
});
