import { expect, test } from "vitest";
import { ChangeRow, ClaimRow, IdempotentRequest, JournalRow } from "../../src/db/tables.ts";
import { Event } from "../../src/domain/event/event.ts";
import { pruneHistory } from "../../src/domain/history/prune.ts";
import { spaceTaken } from "../../src/domain/history/space.ts";
import { Job, Step } from "../../src/domain/job/job.ts";
import { describeDatabases, openStore, SPEC_ORIGIN, type Store } from "../support/database.ts";
import { cluster, dataCenter } from "../support/entities.ts";
import { addSpecJob, jobEnd, jobOf, noting, startRunner } from "../support/jobs.ts";

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
