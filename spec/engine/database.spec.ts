import { expect, onTestFinished, test } from "vitest";
import { openDatabase, openDataSource } from "../../src/db/database.ts";
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

  test("three engines that start at once migrate it once", async () => {
    const url = await fresh();
    const databases = await Promise.all([openDatabase(url), openDatabase(url), openDatabase(url)]);
    onTestFinished(async () => void (await Promise.all(databases.map((database) => database.close()))));
    const heads = await databases[0]!.reader.query("SELECT * FROM journal_head");
    expect(heads).toHaveLength(1);
  });
});
