import { setTimeout as sleep } from "node:timers/promises";
import type { DataSource, QueryRunner } from "typeorm";
import { isTransient } from "./errors.ts";

const LOCK_SECONDS = 120;
const LOCK_LOOK_MS = 20;
/** How long SQLite waits for a lock of another connection. */
export const BUSY_MS = 5_000;

/** Several engines may start at once: one migrates, the others wait for it. */
export async function migrate(source: DataSource): Promise<void> {
  const runner = source.createQueryRunner();
  try {
    await (source.options.type === "better-sqlite3" ? migrateSqlite(source, runner) : migrateMysql(source, runner));
  } finally {
    await runner.release();
  }
}

async function migrateMysql(source: DataSource, runner: QueryRunner): Promise<void> {
  const lock = `overt_migration_${source.driver.database}`.slice(0, 64);
  const [granted] = (await runner.query("SELECT GET_LOCK(?, ?) AS lck", [lock, LOCK_SECONDS])) as [{ lck: number | null }];
  if (Number(granted.lck) !== 1) throw new Error(`another engine has been migrating the database for ${LOCK_SECONDS} s`);
  try {
    await source.runMigrations({ transaction: "none" });
  } finally {
    await runner.query("SELECT RELEASE_LOCK(?)", [lock]);
  }
}

async function migrateSqlite(source: DataSource, runner: QueryRunner): Promise<void> {
  // Foreign keys cannot be switched off inside a transaction, and a later migration may rebuild a table that is referred to.
  await runner.query("PRAGMA foreign_keys = OFF");
  // To wait inside the driver would stop everything else in this process, perhaps the very one that is waited for.
  await runner.query("PRAGMA busy_timeout = 0");
  await beginExclusively(runner);
  try {
    await source.runMigrations({ transaction: "none" });
    await runner.query("COMMIT");
  } catch (error) {
    await runner.query("ROLLBACK");
    throw error;
  }
  await runner.query(`PRAGMA busy_timeout = ${BUSY_MS}`);
  await runner.query("PRAGMA foreign_keys = ON");
}

async function beginExclusively(runner: QueryRunner): Promise<void> {
  for (const until = Date.now() + LOCK_SECONDS * 1_000; ;) {
    try {
      return void (await runner.query("BEGIN IMMEDIATE"));
    } catch (error) {
      if (!isTransient(error) || Date.now() > until) throw error;
      await sleep(LOCK_LOOK_MS);
    }
  }
}
