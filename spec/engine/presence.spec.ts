import { expect, onTestFinished, test, vi } from "vitest";
import { EngineRow } from "../../src/db/tables.ts";
import { startPresence } from "../../src/domain/presence.ts";
import { moveClock } from "../support/clock.ts";
import { describeDatabases, openStore, type Store } from "../support/database.ts";
import { silent } from "../support/jobFakes.ts";
import { expireLeases, specPresence } from "../support/jobs.ts";

const HOUR = 3_600_000;

/** Two engines, as far as they tell of themselves; on the embedded database the second is the first one's successor. */
async function twoPresences({ database }: Store) {
  const first = specPresence(database);
  await first.ready;
  const second = specPresence(database);
  await second.ready;
  return { first, second };
}

describeDatabases("the presence of hosts", ({ fresh }) => {
  const open = async () => openStore(await fresh());
  const seen = async (presence: Pick<ReturnType<typeof specPresence>, "hosts">) => (await presence.hosts()).get("h");

  test.each([HOUR, -HOUR])("is told in the database's time, though an engine's clock is %i ms off", async (off) => {
    const presence = startPresence({ database: (await open()).database, log: silent, leaseMs: HOUR / 2 });
    onTestFinished(() => presence.stop());
    await presence.ready;
    await presence.linked("h");
    moveClock(off);
    expect(await seen(presence)).toMatchObject({ present: true, silentMs: 0, engineId: presence.engineId });
    expect(await presence.engineOf("h")).toBe(presence.engineId);
    await presence.unlinked("h");
    const { silentMs, ...rest } = (await seen(presence))!;
    expect(rest).toMatchObject({ present: false, orphaned: false });
    expect(Math.abs(silentMs)).toBeLessThan(HOUR / 2);
  });

  test("ends with the engine that has the link, which the host has to find another for", async () => {
    const store = await open();
    const { first, second } = await twoPresences(store);
    await first.linked("h");
    await first.stop();
    expect(await seen(second)).toMatchObject({ present: false, orphaned: true, engineId: first.engineId });
    expect(await second.engineOf("h")).toBeNull();
    await second.linked("h");
    expect(await seen(second)).toMatchObject({ present: true, engineId: second.engineId });
  });

  test("is not ended by the news that an earlier link to another engine is over", async () => {
    const { first, second } = await twoPresences(await open());
    await first.linked("h");
    await second.linked("h");
    expect(await first.unlinked("h")).toBe(false);
    expect(await seen(second)).toMatchObject({ present: true });
    expect(await second.unlinked("h")).toBe(true);
    expect(await seen(second)).toMatchObject({ present: false, orphaned: false });
  });

  test("comes back with an engine that was taken for dead, at its next sign of life", async () => {
    const store = await open();
    const presence = specPresence(store.database);
    await presence.ready;
    await presence.linked("h");
    await expireLeases(store);
    await vi.waitFor(async () => expect(await seen(presence)).toMatchObject({ present: true }));
  });

  test("is forgotten with the host", async () => {
    const store = await open();
    const presence = specPresence(store.database);
    await presence.ready;
    for (const hostId of ["h", "gone"]) await presence.linked(hostId);
    await presence.keep((hostId) => hostId === "h");
    expect([...(await presence.hosts()).keys()]).toEqual(["h"]);
  });

  test("of an embedded database is that of its one engine: one that was killed is not waited for", async () => {
    const store = await open();
    const { second } = await twoPresences(store);
    const ids = (await store.database.reader.find(EngineRow)).map(({ id }) => id);
    expect(ids).toContain(second.engineId);
    expect(ids).toHaveLength(store.database.embedded ? 1 : 2);
  });
});
