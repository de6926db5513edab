import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Followed, Journal } from "../../src/domain/journal/journal.ts";
import { openJournal } from "../../src/domain/journal/journal.ts";
import { ChangeRow } from "../../src/db/tables.ts";
import { readEntries } from "../../src/domain/journal/read.ts";
import type { RowOf } from "../../src/domain/kinds.ts";
import { insertWithDefaults } from "../../src/domain/noun/defaults.ts";
import { moveClock } from "../support/clock.ts";
import { describeDatabases, describeMariaDb, openStore, SPEC_ORIGIN, type Store } from "../support/database.ts";
import { cluster, dataCenter } from "../support/entities.ts";

const rows = (journal: Journal) => [...journal.snapshot().all("DataCenter")].map((row) => ({ ...row }));
const add = ({ unitOfWork }: Store, name: string) => unitOfWork.run(SPEC_ORIGIN, (tx) => tx.insert("DataCenter", dataCenter(name)));

/** The next `count` things a follower from `cursor` is given. */
async function take(journal: Journal, cursor: number, count: number): Promise<Followed[]> {
  const abort = new AbortController();
  const taken: Followed[] = [];
  for await (const followed of journal.follow(cursor, abort.signal)) if (taken.push(followed) === count) abort.abort();
  return taken;
}
/** As an engine does that was not there: from the database. */
const readAgain = async ({ database }: Store, after: number): Promise<Followed[]> =>
  (await readEntries(database.reader, after, Number.MAX_SAFE_INTEGER)).map((entry) => ({
    entry,
    snapshot: undefined as never,
    before: null,
  }));
const cursorsOf = (all: Followed[]) => all.map((one) => ("gap" in one ? one.gap : one.entry.cursor));
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, number) => first + number);

describeDatabases("the journal", ({ fresh }) => {
  const open = async () => openStore(await fresh());

  test("a commit is in the inventory when it is done, and in one that is loaded anew", async () => {
    const store = await open();
    const made = await add(store, "a");
    await store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.update("DataCenter", made, { name: "b" }));
    expect(store.journal.snapshot().get("DataCenter", made.id)).toMatchObject({ name: "b", version: 2 });
    const again = await openJournal(store.database);
    expect(again.snapshot().cursor).toBe(2);
    expect(rows(again)).toEqual(rows(store.journal));
    again.close();
  });

  test("numbers commits of many writers in their order without a gap", async () => {
    const store = await open();
    const live = take(store.journal, 0, 40);
    await Promise.all(upTo(40).map((number) => add(store, `dc${number}`)));
    const seen = await live;
    expect(cursorsOf(seen)).toEqual(upTo(40));
    expect(cursorsOf(await take(store.journal, 0, 40))).toEqual(upTo(40));
    for (const one of seen) if ("entry" in one) expect(one.snapshot.cursor).toBe(one.entry.cursor);
  });

  test("one entry holds all that was written together, with who and why", async () => {
    const store = await open();
    const origin = { userId: null, correlationId: "request", jobId: null };
    const vm = "5f0c1f3a-0000-4000-8000-000000000000";
    await store.unitOfWork.run(origin, (tx) => {
      const made = tx.insert("DataCenter", dataCenter("a"));
      tx.insert("Cluster", cluster("c", made.id));
      tx.event({ code: 1, name: "SPEC", severity: "NORMAL", description: `x${"é".repeat(2_000)}`, vmId: vm });
    });
    const [first] = await take(await openJournal(store.database), 0, 1);
    if (!first || "gap" in first) throw new Error("no entry");
    const { entry } = first;
    expect(entry).toMatchObject({ cursor: 1, ...origin });
    expect(entry.changes.map(({ kind, operation }) => [kind, operation])).toEqual([
      ["DataCenter", "CREATED"],
      ["Cluster", "CREATED"],
    ]);
    expect(entry.events).toMatchObject([{ name: "SPEC", vmId: vm, hostId: null, cursor: 1, number: 0, correlationId: "request" }]);
    expect(entry.events[0]!.description).toHaveLength(1_024);
  });

  test("a follower that is slow, or comes back with its cursor, misses nothing", async () => {
    const store = await open();
    for (const number of upTo(5)) await add(store, `dc${number}`);
    expect(cursorsOf(await take(store.journal, 3, 2))).toEqual([4, 5]);
    const abort = new AbortController();
    const seen: number[] = [];
    for await (const followed of store.journal.follow(0, abort.signal)) {
      if ("entry" in followed) seen.push(followed.entry.cursor);
      if (seen.length <= 5) await add(store, `late${seen.length}`);
      await setImmediate();
      if (seen.length === 10) abort.abort();
    }
    expect(seen).toEqual(upTo(10));
  });

  test("a follower of pruned history is told of the gap and goes on behind it", async () => {
    const store = await open();
    for (const number of upTo(4)) await add(store, `dc${number}`);
    moveClock(1_000);
    const middle = new Date();
    moveClock(1_000);
    for (const number of upTo(8, 5)) await add(store, `dc${number}`);
    expect(await store.journal.prune(middle)).toBe(4);
    expect(await store.journal.prune(middle)).toBe(0);
    // A journal opened anew has none of it in memory.
    const again = await openJournal(store.database);
    expect(cursorsOf(await take(again, 2, 5))).toEqual([{ from: 2, to: 4 }, 5, 6, 7, 8]);
    expect(await store.journal.prune(new Date(Date.now() + 60_000))).toBe(3);
    expect(cursorsOf(await take(again, 0, 2))).toEqual([{ from: 0, to: 7 }, 8]);
    again.close();
  });

  test("what hosts tell of a VM is journaled without its configuration, and read as it was then, also when what was before is forgotten", async () => {
    const store = await open();
    const id = "5f0c1f3a-0000-4000-8000-000000000001";
    const change = (patch: Partial<RowOf<"Vm">>) =>
      store.unitOfWork.run(SPEC_ORIGIN, (tx) => void tx.update("Vm", tx.need("Vm", id), patch));
    await store.unitOfWork.run(SPEC_ORIGIN, (tx) => {
      const { id: clusterId } = tx.insert("Cluster", cluster("c", tx.insert("DataCenter", dataCenter("d")).id));
      const { id: templateId } = insertWithDefaults(tx, "Template", { name: "t" });
      insertWithDefaults(tx, "Vm", { id, name: "first", clusterId, templateId, memoryPolicy: { guaranteed: 0, ballooning: true } });
    });
    await change({ fqdn: "one" });
    await change({ name: "second", fqdn: "two" });
    await change({ status: "UP" });
    moveClock(2_000);
    await change({ fqdn: "three", startTime: new Date("2026-01-01T00:00:00Z") });
    await change({ name: "third" });
    await change({ fqdn: "four" });
    await change({ fqdn: "five" });
    const vms = (all: Followed[]) =>
      all.flatMap((one) => ("entry" in one ? one.entry.changes.filter(({ kind }) => kind === "Vm").map(({ row }) => ({ ...row })) : []));
    const lived = vms(await take(store.journal, 0, 8));
    expect(lived.map((row) => ["name" in row && row.name, "fqdn" in row && row.fqdn])).toEqual([["first", null], ["first", "one"], ["second", "two"], ["second", "two"], ["second", "three"], ["third", "three"], ["third", "four"], ["third", "five"]]); // prettier-ignore
    for (const after of [0, 1, 2, 3, 4, 5, 6, 7]) expect(vms(await readAgain(store, after))).toEqual(lived.slice(after));
    const sizes = (await store.database.reader.find(ChangeRow, { where: { entityId: id }, order: { cursor: "ASC" } })).map(
      ({ row }) => Object.keys(row).length,
    );
    expect(sizes.map((size) => size === sizes[0])).toEqual([true, false, true, false, false, true, false, false]);

    await store.journal.prune(new Date(Date.now() - 1_000));
    expect(vms(await readAgain(store, 4))).toEqual(lived.slice(4));
    await store.journal.prune(new Date(Date.now() + 1_000));
    expect(vms(await readAgain(store, 7))).toEqual(lived.slice(7));
    // Of all that was forgotten the last whole change is kept, and the last part after it.
    expect(await store.database.reader.countBy(ChangeRow, { entityId: id })).toBe(3);
    await store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.remove("Vm", tx.need("Vm", id)));
    await add(store, "last");
    await store.journal.prune(new Date(Date.now() + 1_000));
    expect(await store.database.reader.countBy(ChangeRow, { entityId: id })).toBe(0);
  });

  test("an abort ends a waiting follower", async () => {
    const store = await open();
    const abort = new AbortController();
    const following = store.journal.follow(0, abort.signal).next();
    abort.abort();
    expect(await following).toEqual({ done: true, value: undefined });
  });
});

describeMariaDb("the journals of two engines", ({ fresh }) => {
  test("stay equal, whoever writes", async () => {
    const url = await fresh();
    const [here, there] = [await openStore(url), await openStore(url)];
    const live = take(there.journal, 0, 40);
    await Promise.all(upTo(40).map((number) => add(number % 2 ? here : there, `dc${number}`)));
    expect(cursorsOf(await live)).toEqual(upTo(40));
    await here.journal.catchUp();
    await there.journal.catchUp();
    expect(rows(here.journal)).toEqual(rows(there.journal));
  });

  test("notice each other's commits without a nudge", async () => {
    const url = await fresh();
    const [here, there] = [await openStore(url), await openStore(url)];
    const live = take(there.journal, 0, 1);
    await add(here, "a");
    expect(cursorsOf(await live)).toEqual([1]);
  });

  test("a decision made on an old inventory is made again on the new one", async () => {
    const url = await fresh();
    const [here, there] = [await openStore(url), await openStore(url)];
    const { id } = await add(here, "a");
    await there.journal.catchUp();
    await here.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.update("DataCenter", tx.need("DataCenter", id), { description: "here" }));
    const seen: string[] = [];
    await there.unitOfWork.run(SPEC_ORIGIN, (tx) => {
      const row = tx.need("DataCenter", id);
      seen.push(row.description);
      tx.update("DataCenter", row, { comment: "there" });
    });
    expect(seen).toEqual(["", "here"]);
    expect(there.journal.snapshot().get("DataCenter", id)).toMatchObject({ description: "here", comment: "there", version: 3 });
  });

  test("an engine that slept through a prune starts over from the database", async () => {
    const url = await fresh();
    const [here, there] = [await openStore(url), await openStore(url)];
    there.journal.close();
    for (const number of upTo(6)) await add(here, `dc${number}`);
    await here.journal.prune(new Date(Date.now() + 60_000));
    await there.journal.catchUp();
    expect(rows(there.journal)).toEqual(rows(here.journal));
    expect(cursorsOf(await take(there.journal, 0, 2))).toEqual([{ from: 0, to: 5 }, 6]);
  });
});
