import { expect, onTestFinished, test } from "vitest";
import { openDatabase, openDataSource } from "../../src/db/database.ts";
import { MIGRATIONS } from "../../src/db/migrations/index.ts";
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

  test("what is stored stays when later migrations change its tables", async () => {
    const url = await fresh();
    const old = await openDataSource(url);
    const runner = old.createQueryRunner();
    await new MIGRATIONS[0]!().up(runner);
    const row = { id: "d", version: 1, name: "d", description: "", comment: "", status: "UP" };
    await old.createQueryBuilder(runner).insert().into("data_center", Object.keys(row)).values(row).execute();
    const host = {
      id: "h",
      version: 3,
      name: "h",
      description: "",
      comment: "",
      address: "a",
      clusterId: "c",
      status: "UP",
      statusSince: "2026-01-01 00:00:00.000",
    };
    await runner.query(old.options.type === "better-sqlite3" ? "PRAGMA foreign_keys = OFF" : "SET FOREIGN_KEY_CHECKS = 0");
    await old.createQueryBuilder(runner).insert().into("host", Object.keys(host)).values(host).execute();
    await runner.release();
    await old.destroy();
    const database = await openDatabase(url);
    onTestFinished(() => database.close());
    const [kept] = await database.reader.query("SELECT * FROM host");
    expect(kept).toMatchObject({ id: "h", version: 3, address: "a", certificate: null, certificateNotice: null });
  });

  test("three engines that start at once migrate it once", async () => {
    const url = await fresh();
    const databases = await Promise.all([openDatabase(url), openDatabase(url), openDatabase(url)]);
    onTestFinished(async () => void (await Promise.all(databases.map((database) => database.close()))));
    const heads = await databases[0]!.reader.query("SELECT * FROM journal_head");
    expect(heads).toHaveLength(1);
  });
});
