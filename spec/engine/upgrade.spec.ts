import { expect, test } from "vitest";
import { MIGRATIONS } from "../../src/db/migrations/index.ts";
import type { ListedKind } from "../../src/domain/kinds.ts";
import { NOUNS } from "../../src/domain/noun/all.ts";
import { describeDatabases } from "../support/database.ts";
import { openWorld } from "../support/nouns.ts";
import { contentNow, makeOldDatabase, type Content } from "../support/oldDatabase.ts";

/** Tables and columns that a migration takes away on purpose, by the number of migrations from which on they are gone. */
const GONE: Record<number, readonly string[]> = {
  2: ["refresh_token"],
  4: ["job.runner", "job.leaseUntil", "job.fence", "step.retryAt"],
  8: ["user.roles"],
};
/** Of engines that are no more. */
const PASSING = "engine";

function withoutGone(before: Content, migrations: number): Content {
  const gone = Object.entries(GONE).flatMap(([since, names]) => (migrations < Number(since) ? names : []));
  const kept = Object.entries(before).filter(([table]) => table !== PASSING && !gone.includes(table));
  const without = (table: string, row: object) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => !gone.includes(`${table}.${name}`)));
  return Object.fromEntries(kept.map(([table, rows]) => [table, rows.map((row) => without(table, row))]));
}

describeDatabases("A database of an older release", (database) => {
  // Each takes MariaDB seconds: there the first release stands for all.
  const releases = MIGRATIONS.slice(0, database.name === "SQLite" ? -1 : 1);
  test.for(releases.map((_migration, index) => index + 1))(
    "is taken over with all that is in it, when it has had %i migrations",
    async (migrations) => {
      const url = await database.empty();
      const before = withoutGone(await makeOldDatabase(url, migrations), migrations);
      const world = await openWorld({ ...database, fresh: () => Promise.resolve(url) });
      expect(await contentNow(url, before)).toEqual(before);
      for (const { kind, plural, table, columns } of NOUNS) {
        const shown = columns
          .filter((column) => !column.hidden && !["reference", "references", "value"].includes(column.kind))
          .map(({ name }) => name);
        const old = before[table] ?? [];
        const { page } = await world.query(`{ page: ${plural}(first: 100) { nodes { ${shown.join(" ")} } } }`);
        const ids = page.nodes.map(({ id }: { id: string }) => id);
        expect(ids, kind).toEqual(expect.arrayContaining(old.map(({ id }) => id)));
        for (const { id, version } of old) expect(world.snapshot().need(kind as ListedKind, String(id)).version).toBe(version);
      }
    },
  );

  test("takes what is written after, as a new one does", async () => {
    const url = await database.empty();
    await makeOldDatabase(url, 1);
    const world = await openWorld({ ...database, fresh: () => Promise.resolve(url) });
    const update = { id: "row-1", input: { name: "renamed", cpuShares: 100 } };
    const { vm } = await world.act("updateVm", "vm { name cpuShares }", update);
    expect(vm).toEqual({ name: "renamed", cpuShares: 100 });
    expect(await world.refusal("addVm", { input: { name: "renamed", clusterId: world.defaults.clusterId } })).toBe("CONFLICT DUPLICATE");
  });
});
