import { expect, onTestFinished, test } from "vitest";
import { openDatabase, openDataSource, type DatabaseUrl } from "../../src/db/database.ts";
import { describeDatabases, describeMariaDb, openStore, SPEC_ORIGIN } from "../support/database.ts";
import { cluster, dataCenter } from "../support/entities.ts";
import { openMariaDbDatabases } from "../support/mariadbTemplate.ts";
import { addColumn, addForeignKey, createIndex } from "../../src/db/migrations/portable.ts";
import { makeOldDatabase } from "../support/oldDatabase.ts";
import { MIGRATIONS } from "../../src/db/migrations/index.ts";
import { RefreshToken } from "../../src/db/tables.ts";
import { grantsOf } from "../../src/domain/access/grants.ts";
import { systemRolesOf } from "../../src/domain/access/systemRoles.ts";
import { User } from "../../src/domain/access/user.ts";

describeDatabases("the database", ({ fresh, empty }) => {
  test("migrations make exactly the schema that the entities describe", async () => {
    const url = await empty();
    await (await openDatabase(url)).close();
    const source = await openDataSource(url);
    onTestFinished(() => source.destroy());
    const drift = await source.driver.createSchemaBuilder().log();
    expect(drift.upQueries.map(({ query }) => query)).toEqual([]);
  });

  test("what is stored stays when later migrations change its tables", async () => {
    const url = await empty();
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

  test("a later migration adds columns that cannot be null, indexes and foreign keys to tables with rows, also when it is run again", async () => {
    const url = await empty();
    await makeOldDatabase(url, 1);
    const source = await openDataSource(url);
    onTestFinished(() => source.destroy());
    const runner = source.createQueryRunner();
    if (url.startsWith("sqlite:")) await runner.query("PRAGMA foreign_keys = OFF");
    const key = { name: "fk_vm_madeBy", columnNames: ["madeBy"], referencedTableName: "user", referencedColumnNames: ["id"] };
    for (let times = 0; times < 2; times++) {
      await addColumn(runner, "vm", { name: "weight", type: "integer" }, 7);
      await addColumn(runner, "vm", { name: "words", type: "simple-json" }, '["a"]');
      await addColumn(runner, "vm", { name: "madeBy", type: "varchar", length: "36", isNullable: true });
      await createIndex(runner, "vm", { name: "ix_vm_madeBy", columnNames: ["madeBy"] });
      await addForeignKey(runner, "vm", key);
    }
    const rows = await runner.query("SELECT name, weight, words FROM vm ORDER BY name");
    expect(rows).toEqual([1, 2].map((number) => ({ name: `name-${number}`, weight: 7, words: '["a"]' })));
    const { columns, indices, foreignKeys } = (await runner.getTable("vm"))!;
    expect(columns.filter(({ isNullable }) => !isNullable).map(({ name }) => name)).toEqual(expect.arrayContaining(["weight", "words"]));
    expect([indices.some(({ name }) => name === "ix_vm_madeBy"), foreignKeys.filter(({ name }) => name === key.name)]).toMatchObject([
      true,
      [key],
    ]);
    await runner.release();
  });

  test("users from before keep their names, and log-ins from before end", async () => {
    const url = await empty();
    const source = await openDataSource(url);
    await new MIGRATIONS[0]!().up(source.createQueryRunner());
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
    for (let times = 0; times < 2; times++) {
      const database = await openDatabase(url);
      const keys = (await database.reader.find(User, { order: { id: "ASC" } })).map(({ nameKey }) => nameKey);
      expect([keys, await database.reader.count(RefreshToken)]).toEqual([["admin@internal", "2", "eve@internal"], 0]);
      await database.close();
    }
  });

  test("the roles of users from before are permissions on the whole system, each once", async () => {
    const url = await empty();
    const source = await openDataSource(url);
    const runner = source.createQueryRunner();
    // The version before: with its own hand it would have stopped here.
    for (const Migration of MIGRATIONS.slice(0, 3)) await new Migration().up(runner);
    const quote = (name: string) => source.driver.escape(name);
    const columns = ["id", "version", "userName", "nameKey", "profile", "name", "lastName", "email", "roles", "createdAt"];
    for (const [id, roles] of [
      ["1", ["SuperUser"]],
      ["2", ["UserRole", "ReadOnlyAdmin", "UserRole"]],
      ["3", []],
    ] as const)
      await source.query(
        `INSERT INTO ${quote("user")} (${columns.map(quote).join(", ")}) VALUES ('${id}', 1, 'u${id}', 'u${id}', 'internal', '', '', '', '${JSON.stringify(roles)}', '2020-01-01 00:00:00.000')`,
      );
    await runner.release();
    await source.destroy();
    for (let times = 0; times < 2; times++) {
      const store = await openStore(url);
      const snapshot = store.journal.snapshot();
      const roles = ["1", "2", "3"].map((id) => systemRolesOf(snapshot, id));
      expect(roles).toEqual([["SuperUser"], ["ReadOnlyAdmin", "UserRole"], []]);
      expect([...snapshot.all("Permission")].every(({ objectKind, objectId }) => objectKind === null && objectId === null)).toBe(true);
      expect([grantsOf(snapshot, "1").seesAll, grantsOf(snapshot, "3").seesAll]).toEqual([true, false]);
      expect(Object.keys(snapshot.need("User", "1"))).not.toContain("roles");
    }
  });

  test("three engines that start at once migrate it once", async () => {
    const url = await empty();
    const databases = await Promise.all([openDatabase(url), openDatabase(url), openDatabase(url)]);
    onTestFinished(async () => void (await Promise.all(databases.map((database) => database.close()))));
    const heads = await databases[0]!.reader.query("SELECT * FROM journal_head");
    expect(heads).toHaveLength(1);
  });

  test("what specs get at once is what the migrations make", async () => {
    const made = await empty();
    await (await openDatabase(made)).close();
    expect(await contentOf(await fresh())).toEqual(await contentOf(made));
  });
});

describeMariaDb("a database that specs use one after another", ({ fresh }) => {
  test("is as new each time", async () => {
    const [used, other] = [await fresh(), await fresh()];
    const before = await contentOf(used);
    const store = await openStore(used);
    await store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.insert("Cluster", cluster("c", tx.insert("DataCenter", dataCenter("d")).id)));
    expect(await contentOf(used)).not.toEqual(before);
    const { renew } = await openMariaDbDatabases(used.slice(0, used.lastIndexOf("/")));
    await renew(used);
    expect(await contentOf(used)).toEqual(await contentOf(other));
  });
});

/** Every table's own words for itself, and its rows. */
async function contentOf(url: DatabaseUrl): Promise<object> {
  const source = await openDataSource(url);
  try {
    const listed = url.startsWith("sqlite:") ? "SELECT name FROM sqlite_master WHERE type = 'table'" : "SHOW TABLES";
    const tables: string[] = (await source.query(listed)).map((row: object) => String(Object.values(row)[0]));
    const made = (table: string) =>
      url.startsWith("sqlite:")
        ? `SELECT sql FROM sqlite_master WHERE tbl_name = '${table}' ORDER BY name`
        : `SHOW CREATE TABLE ${source.driver.escape(table)}`;
    const content = tables.map(async (table) => [
      table,
      await source.query(made(table)),
      await source.query(`SELECT * FROM ${source.driver.escape(table)}`),
    ]);
    return Object.fromEntries((await Promise.all(content)).map(([table, ...of]) => [table, of]));
  } finally {
    await source.destroy();
  }
}
