import { MoreThan } from "typeorm";
import { expect, onTestFinished, test, vi } from "vitest";
import { ChangeRow, ClaimRow, IdempotentRequest, JournalRow } from "../../src/db/tables.ts";
import { Event } from "../../src/domain/event/event.ts";
import { pruneHistory } from "../../src/domain/history/prune.ts";
import { spaceTaken } from "../../src/domain/history/space.ts";
import { addJob } from "../../src/domain/job/definition.ts";
import { Job, Step } from "../../src/domain/job/job.ts";
import { MONITOR_TIMES } from "../../src/domain/monitor.ts";
import { describeDatabases, openStore, SPEC_ORIGIN, type Store } from "../support/database.ts";
import { cluster, dataCenter } from "../support/entities.ts";
import { addSpecJob, jobEnd, jobOf, noting, startRunner } from "../support/jobs.ts";
import { startWholeEngine } from "../support/wholeEngine.ts";

const DAY = 86_400_000;
const DAYS = { journal: 2, events: 4, jobs: 6 };
const event = (description: string) => ({ code: 1, name: "SPEC", severity: "NORMAL" as const, description });

async function countsOf({ database: { reader } }: Store) {
  const [entries, changes, events, jobs, steps, claims, requests] = await Promise.all(
    [JournalRow, ChangeRow, Event, Job, Step, ClaimRow, IdempotentRequest].map((entity) => reader.count(entity)),
  );
  return { entries, changes, events, jobs, steps, claims, requests };
}

/** Changes, events, a claim, an idempotent answer, jobs that have ended and one that runs. */
async function fill(store: Store): Promise<string> {
  const gate = Promise.withResolvers<void>();
  const quick = jobOf("quick", [noting("a", []), noting("b", [])]);
  const slow = jobOf("slow", [noting("a", [], { run: () => gate.promise })]);
  const runner = startRunner(store, [quick]);
  for (let number = 0; number < 3; number++) await jobEnd(store, await addSpecJob(store, quick));
  await runner.stop();
  const running = await addSpecJob(store, slow);
  await store.unitOfWork.run(SPEC_ORIGIN, (tx) => {
    tx.event(event("old"));
    const { id } = tx.insert("DataCenter", dataCenter("d"));
    tx.insert("Cluster", cluster("c", id));
    tx.also(
      async (manager) => void (await manager.insert(IdempotentRequest, { hash: "h", request: "r", jobId: null, entityId: id, at: tx.now })),
    );
  });
  await store.unitOfWork.run(SPEC_ORIGIN, (tx) => {
    const [row] = tx.snapshot.by("DataCenter", "name", "d");
    tx.claim("DataCenter", row!);
    tx.event(event("claimed"));
  });
  return running;
}

const WHOLE_DAYS = { OVERT_JOURNAL_DAYS: "1", OVERT_JOB_DAYS: "3", OVERT_EVENT_DAYS: "5" };

test("history is forgotten in the background, each kind at the age that is set", async () => {
  const { pruneMs } = MONITOR_TIMES;
  MONITOR_TIMES.pruneMs = 100;
  onTestFinished(() => void (MONITOR_TIMES.pruneMs = pruneMs));
  const { engine } = await startWholeEngine(0, { environment: WHOLE_DAYS });
  const { database, unitOfWork } = engine;
  const quick = jobOf("quick", [noting("a", [])]);
  const row = await unitOfWork.run(SPEC_ORIGIN, (tx) => {
    tx.event(event("old"));
    return addJob(tx, { definition: quick, description: "old", subject: { kind: "Vm", id: "v" }, input: {} });
  });
  // The engine does not know the job, so it ends it.
  await vi.waitFor(async () => expect((await database.reader.findOneByOrFail(Job, { id: row.id })).status).toBe("FAILED"));
  const age = async (days: number) => {
    const at = new Date(Date.now() - days * DAY);
    await database.transaction(async (manager) => {
      await manager.update(JournalRow, { cursor: MoreThan(0) }, { at });
      await manager.update(Event, { cursor: MoreThan(0) }, { time: at });
      await manager.update(Job, { id: row.id }, { startTime: at, endTime: at });
    });
  };
  const old = () => database.reader.countBy(Event, { description: "old" });
  const jobs = () => database.reader.countBy(Job, { id: row.id });
  await age(2);
  await vi.waitFor(async () => expect(await database.reader.count(JournalRow)).toBe(1));
  await age(4);
  await vi.waitFor(async () => expect(await jobs()).toBe(0));
  expect(await old()).toBe(1);
  await age(6);
  await vi.waitFor(async () => expect(await old()).toBe(0));
});

describeDatabases("history", ({ fresh }) => {
  test("is forgotten by its age, the newest entry and what still runs never", async () => {
    const store = await openStore(await fresh());
    const running = await fill(store);
    const before = await countsOf(store);
    await pruneHistory(store, DAYS);
    expect(await countsOf(store)).toEqual(before);
    await pruneHistory(store, DAYS, Date.now() + 3 * DAY);
    const later = await countsOf(store);
    expect(later).toMatchObject({ entries: 1, events: 2, jobs: 4, steps: 7, requests: 0 });
    await pruneHistory(store, DAYS, Date.now() + 5 * DAY);
    // That of the newest entry is read with it.
    expect(await countsOf(store)).toMatchObject({ entries: 1, events: 1, jobs: 4 });
    await pruneHistory(store, DAYS, Date.now() + 7 * DAY);
    expect(await countsOf(store)).toMatchObject({ jobs: 1, steps: 1 });
    expect((await store.database.reader.find(Job)).map(({ id }) => id)).toEqual([running]);
  });

  test("of a claim goes when no decision can rest on an inventory that old, and claims hold on", async () => {
    const store = await openStore(await fresh());
    await fill(store);
    await store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.event(event("newest")));
    expect((await countsOf(store)).claims).toBe(1);
    await pruneHistory(store, DAYS, Date.now() + 3 * DAY);
    expect((await countsOf(store)).claims).toBe(0);
    const [parent] = store.journal.snapshot().by("DataCenter", "name", "d");
    const add = (name: string) =>
      store.unitOfWork.run(SPEC_ORIGIN, (tx) => {
        if (tx.snapshot.by("Cluster", "dataCenterId", parent!.id).length >= 2) throw new Error("full");
        tx.claim("DataCenter", tx.need("DataCenter", parent!.id));
        tx.insert("Cluster", cluster(name, parent!.id));
      });
    const outcomes = await Promise.allSettled(["x", "y", "z"].map(add));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("of a job stays while its parent runs", async () => {
    const store = await openStore(await fresh());
    const running = await fill(store);
    await store.database.transaction((manager) => manager.update(Job, { name: "quick" }, { parentId: running }));
    await pruneHistory(store, DAYS, Date.now() + 7 * DAY);
    expect((await countsOf(store)).jobs).toBe(4);
  });

  test("goes in small transactions, however much there is", async () => {
    const store = await openStore(await fresh());
    const job = jobOf("many", [noting("a", [])]);
    for (let batch = 0; batch < 3; batch++) await Promise.all(Array.from({ length: 400 }, () => addSpecJob(store, job)));
    const ended = { status: "FINISHED" as const, endTime: new Date() };
    await store.database.transaction((manager) => manager.update(Job, { name: "many" }, ended));
    let most = 0;
    const database: Store["database"] = {
      ...store.database,
      transaction: (work) =>
        store.database.transaction(async (manager) => {
          const count = await manager.count(Job);
          const result = await work(manager);
          most = Math.max(most, count - (await manager.count(Job)));
          return result;
        }),
    };
    await pruneHistory({ database, journal: store.journal }, DAYS, Date.now() + 7 * DAY);
    expect(await store.database.reader.count(Job)).toBe(0);
    expect(most).toBe(500);
  });

  test("tells what it takes, table by table", async () => {
    const store = await openStore(await fresh());
    await fill(store);
    const space = new Map((await spaceTaken(store.database)).map(({ table, ...taken }) => [table, taken]));
    for (const table of ["journal", "journal_change", "event", "job", "step", "job_run", "idempotent_request"])
      expect(space.get(table), table).toEqual({ rows: expect.any(Number), bytes: expect.any(Number) });
    expect(space.get("journal_change")!.bytes).toBeGreaterThan(0);
  });
});
