import fc from "fast-check";
import { expect, test } from "vitest";
import { OvertError } from "../../src/errors.ts";
import type { Entry } from "../../src/domain/journal/entry.ts";
import { openJournal, type Journal } from "../../src/domain/journal/journal.ts";
import { describeDatabases, openStore, type DatabaseKind, type Store } from "../support/database.ts";
import { contentOf, perform, replayed, writers, wrongIndexes, type Act } from "../support/journalModel.ts";

interface Follower {
  from: number;
  entries: Entry[];
  /** Resolves when it has seen the entry of this number. */
  seen(cursor: number): Promise<void>;
  stop(): void;
}
function followFrom(journal: Journal, from: number): Follower {
  const abort = new AbortController();
  const entries: Entry[] = [];
  let more = Promise.withResolvers<void>();
  const run = async () => {
    for await (const followed of journal.follow(from, abort.signal)) {
      if ("gap" in followed) throw new Error("gap");
      entries.push(followed.entry);
      more.resolve();
      more = Promise.withResolvers();
    }
  };
  const running = run();
  const seen = async (cursor: number) => {
    while ((entries.at(-1)?.cursor ?? from) < cursor) await Promise.race([running, more.promise]);
  };
  return { from, entries, seen, stop: () => abort.abort() };
}
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, number) => from + 1 + number);

/** Writers at the same time, spread over the engines; answers how many committed something. */
async function write(stores: readonly Store[], batch: readonly Act[][]): Promise<void> {
  const old = stores.map(({ journal }) => journal.snapshot());
  const writing = batch.map((acts, number) => perform(stores[number % stores.length]!.unitOfWork, acts, old[number % stores.length]!));
  for (const outcome of await Promise.allSettled(writing)) {
    if (outcome.status === "fulfilled") continue;
    const error = outcome.reason as Error;
    if (!(error instanceof OvertError) && error.message !== "on purpose") throw error;
    if (error instanceof OvertError) expect(["CONFLICT", "NOT_FOUND"]).toContain(error.code);
  }
}

async function check({ fresh, name }: DatabaseKind, history: readonly Act[][][]): Promise<void> {
  const url = await fresh();
  const stores = name === "SQLite" ? [await openStore(url)] : [await openStore(url), await openStore(url)];
  const followers = stores.map(({ journal }) => followFrom(journal, 0));
  for (const batch of history) {
    await write(stores, batch);
    for (const { journal } of stores) followers.push(followFrom(journal, Math.max(journal.snapshot().cursor - 2, 0)));
  }
  const loaded = await openJournal(stores[0]!.database);
  const last = loaded.snapshot().cursor;
  const stored = followFrom(loaded, 0);
  await stored.seen(last);
  expect(stored.entries.map(({ cursor }) => cursor)).toEqual(numbers(0, last));
  expect(replayed(stored.entries)).toEqual(contentOf(loaded.snapshot()));
  for (const { journal } of stores) {
    await journal.catchUp();
    expect(contentOf(journal.snapshot())).toEqual(contentOf(loaded.snapshot()));
    expect(wrongIndexes(journal.snapshot())).toEqual([]);
  }
  for (const follower of followers) {
    await follower.seen(last);
    expect(follower.entries).toEqual(stored.entries.slice(follower.from));
  }
  for (const follower of [...followers, stored]) follower.stop();
  loaded.close();
}

describeDatabases("whatever many writers do at once", (database) => {
  const numRuns = database.name === "SQLite" ? 40 : 12;
  test("inventory, journal, followers and rows say the same", { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(writers, { minLength: 1, maxLength: 8 }), (history) => check(database, history)),
      { numRuns, endOnFailure: true },
    );
  });
});
