import { expect, onTestFinished, test } from "vitest";
import { openDatabase, openDataSource } from "../../src/db/database.ts";
import { First1763800000000 } from "../../src/db/migrations/0001-first.ts";
import { RefreshToken } from "../../src/db/tables.ts";
import { User } from "../../src/domain/access/user.ts";
import { describeDatabases } from "../support/database.ts";

describeDatabases("the database", ({ fresh }) => {
  test("migrations make exactly the schema that the entities describe", async () => {
    const url = await fresh();
    await (await openDatabase(url)).close();
    const source = await openDataSource(url);
    onTestFinished(() => source.destroy());
    const drift = await source.driver.createSchemaBuilder().log();
    expect(drift.upQueries.map(({ query }) => query)).toEqual([]);
  });

  test("users from before keep their names, and log-ins from before end", async () => {
    const url = await fresh();
    const source = await openDataSource(url);
    await new First1763800000000().up(source.createQueryRunner());
    const quote = (name: string) => source.driver.escape(name);
    const user = ["id", "version", "userName", "profile", "name", "lastName", "email", "roles", "createdAt"].map(quote).join(", ");
    for (const [id, userName, second] of [
      ["2", "ADMIN@internal", 2],
      ["1", "admin@internal", 1],
      ["3", "eve@internal", 3],
    ] as const)
      await source.query(
        `INSERT INTO ${quote("user")} (${user}) VALUES ('${id}', 1, '${userName}', 'internal', '', '', '', '[]', '2020-01-01 00:00:0${second}.000')`,
      );
    await source.query(`INSERT INTO refresh_token VALUES ('hash', '1', 'family', '2099-01-01 00:00:00.000', NULL)`);
    await source.destroy();
    for (const _time of ["", "again"]) {
      const database = await openDatabase(url);
      const keys = (await database.reader.find(User, { order: { id: "ASC" } })).map(({ nameKey }) => nameKey);
      expect([keys, await database.reader.count(RefreshToken)]).toEqual([["admin@internal", "2", "eve@internal"], 0]);
      await database.close();
    }
  });

  test("three engines that start at once migrate it once", async () => {
    const url = await fresh();
    const databases = await Promise.all([openDatabase(url), openDatabase(url), openDatabase(url)]);
    onTestFinished(async () => void (await Promise.all(databases.map((database) => database.close()))));
    const heads = await databases[0]!.reader.query("SELECT * FROM journal_head");
    expect(heads).toHaveLength(1);
  });
});
