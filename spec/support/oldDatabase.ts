import type { DataSource, EntityMetadata, QueryRunner } from "typeorm";
import { openDataSource, type DatabaseUrl } from "../../src/db/database.ts";
import { KINDS } from "../../src/domain/kinds.ts";
import { columnsOf } from "../../src/domain/noun/columns.ts";

/** Rows by table. */
export type Content = Record<string, Record<string, unknown>[]>;
const ROWS = [1, 2];

/** JSON of columns that have no default, and states in which nothing is under way. */
const VALUES: Record<string, unknown> = {
  "user.roles": ["SuperUser"],
  "storage_domain.storage": { type: "POSIXFS", path: "/srv" },
  "vm.memoryPolicy": { guaranteed: 0, ballooning: true },
  "vm.status": "DOWN",
  "job.status": "FINISHED",
  "step.status": "FINISHED",
  "job.reasons": [],
};

/** Makes a database as a release had it that knew only so many migrations, with two rows in each table that refer to each other. */
export async function makeOldDatabase(url: DatabaseUrl, migrations: number): Promise<Content> {
  const source = await openDataSource(url);
  source.migrations.splice(migrations);
  await source.runMigrations({ transaction: "none" });
  const runner = source.createQueryRunner();
  await checkForeignKeys(runner, false);
  const tables = await tablesOf(runner);
  for (const table of tables) for (const row of ROWS) await fill(source, runner, table, row);
  await runner.query("UPDATE journal_head SET cursor = ?".replace("cursor", source.driver.escape("cursor")), [ROWS.length]);
  await checkForeignKeys(runner, true);
  const content = await contentOf(runner, tables);
  await runner.release();
  await source.destroy();
  return content;
}

/** What is in these columns of these rows now. */
export async function contentNow(url: DatabaseUrl, before: Content): Promise<Content> {
  const source = await openDataSource(url);
  const runner = source.createQueryRunner();
  const there = await tablesOf(runner);
  const now = await contentOf(
    runner,
    Object.keys(before).filter((table) => there.includes(table)),
  );
  await runner.release();
  await source.destroy();
  return Object.fromEntries(
    Object.entries(before).map(([table, rows]) => [
      table,
      rows.map((row) => pick(now[table]?.find((other) => keyOf(other) === keyOf(row)) ?? {}, Object.keys(row))),
    ]),
  );
}

const pick = (row: Record<string, unknown>, names: readonly string[]) => Object.fromEntries(names.map((name) => [name, row[name]]));
const KEYS = ["id", "jobId", "hash", "serial", "hostId", "userId", "name", "cursor"];
const keyOf = (row: Record<string, unknown>) => String(row[KEYS.find((key) => key in row)!]);

const isSqlite = ({ connection }: QueryRunner) => connection.options.type === "better-sqlite3";
const checkForeignKeys = (runner: QueryRunner, on: boolean) =>
  runner.query(isSqlite(runner) ? `PRAGMA foreign_keys = ${on ? "ON" : "OFF"}` : `SET FOREIGN_KEY_CHECKS = ${on ? 1 : 0}`);

async function tablesOf(runner: QueryRunner): Promise<string[]> {
  const listed = isSqlite(runner) ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'" : "SHOW TABLES";
  const names = (await runner.query(listed)).map((row: object) => String(Object.values(row)[0])) as string[];
  return names.filter((name) => name !== "migrations" && name !== "journal_head");
}

async function contentOf(runner: QueryRunner, tables: readonly string[]): Promise<Content> {
  const content: Content = {};
  for (const table of tables) content[table] = await runner.query(`SELECT * FROM ${runner.connection.driver.escape(table)}`);
  return content;
}

async function fill(source: DataSource, runner: QueryRunner, name: string, number: number): Promise<void> {
  const metadata = source.entityMetadatas.find(({ tableName }) => tableName === name);
  const { columns } = (await runner.getTable(name))!;
  const values = columns.map(({ name: column, type }) => valueOf(metadata, { table: name, name: column, type }, number));
  const escape = (text: string) => source.driver.escape(text);
  const names = columns.map((column) => escape(column.name)).join(", ");
  await runner.query(`INSERT INTO ${escape(name)} (${names}) VALUES (${values.map(() => "?").join(", ")})`, values);
}

interface Place {
  table: string;
  name: string;
  /** In the database: also of a column that there is no more today. */
  type: string;
}
function valueOf(metadata: EntityMetadata | undefined, { table, name, type }: Place, number: number): unknown {
  const stored = metadata?.columns.find(({ propertyName }) => propertyName === name);
  const declared = Object.values<new () => object>(KINDS).flatMap((entity) => (entity === metadata?.target ? columnsOf(entity) : []));
  const column = declared.find((each) => each.name === name);
  const fixed = VALUES[`${table}.${name}`];
  if (stored?.type === "simple-json")
    return JSON.stringify(fixed ?? (typeof column?.default === "function" ? [] : (column?.default ?? null)));
  if (fixed !== undefined) return typeof fixed === "object" ? JSON.stringify(fixed) : fixed;
  if (column?.reference?.target() === metadata?.target) return null;
  if (column?.kind === "oneOf") return Object.keys(column.type() as object)[0];
  if (/^(date|timestamp)/.test(type)) return `2026-01-0${number} 00:00:00.000`;
  if (stored?.type === "boolean") return number % 2;
  if (/int|real|double|decimal/.test(type)) return number;
  return /^id$|Id$/.test(name) ? `row-${number}` : `${name}-${number}`.slice(0, Number(stored?.length || 20));
}
