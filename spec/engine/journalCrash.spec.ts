import { setTimeout as passing } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { JournalHead, JournalRow } from "../../src/db/tables.ts";
import type { Entry } from "../../src/domain/journal/entry.ts";
import { describeDatabases, openStore, type Store } from "../support/database.ts";
import { contentOf, replayed } from "../support/journalModel.ts";
import { startProcess } from "../support/process.ts";

async function allEntries({ journal }: Store): Promise<Entry[]> {
  const last = journal.snapshot().cursor;
  const entries: Entry[] = [];
  for await (const followed of journal.follow(0, new AbortController().signal)) {
    if ("gap" in followed) throw new Error("gap");
    entries.push(followed.entry);
    if (followed.entry.cursor >= last) return entries;
  }
  return entries;
}

describeDatabases("an engine that is killed in the middle of commits", ({ fresh }) => {
  test("leaves rows that are what its journal says, without a gap", { timeout: 120_000 }, async () => {
    const url = await fresh();
    for (const ms of [150, 333, 20]) {
      const engine = startProcess("./commitProcess.ts", [url]);
      await vi.waitFor(() => expect(engine.output()).not.toBe(""), { timeout: 30_000 });
      await passing(ms); // somewhere in the midst of its commits
      engine.child.kill("SIGKILL");
      expect(await engine.ended()).toBe("SIGKILL");
    }
    const store = await openStore(url);
    const entries = await allEntries(store);
    expect(entries.length).toBeGreaterThan(30);
    expect(entries.map(({ cursor }) => cursor)).toEqual(entries.map((_, number) => number + 1));
    expect(replayed(entries)).toEqual(contentOf(store.journal.snapshot()));
    expect((await store.database.reader.findOneByOrFail(JournalHead, { id: 1 })).cursor).toBe(
      await store.database.reader.count(JournalRow),
    );
  });
});
