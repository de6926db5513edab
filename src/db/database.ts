import { createRequire } from "node:module";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DataSource, type DataSourceOptions, type EntityManager } from "typeorm";
import { KINDS } from "../domain/kinds.ts";
import { Event } from "../domain/event/event.ts";
import { TABLES } from "./tables.ts";
import { MIGRATIONS } from "./migrations/index.ts";

const MIGRATION_LOCK_SECONDS = 120;

/** `mysql://user:password@host:port/name` (MariaDB too) or `sqlite:/absolute/path/of/file`. */
export type DatabaseUrl = string;

export interface Database {
  /** True for the embedded database: one process, one writer. */
  readonly embedded: boolean;
  /** Sees committed rows only. */
  readonly reader: EntityManager;
  /** All or nothing. Nothing else is interleaved on the embedded database: its only connection is queued for. */
  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T>;
  /** Reads that see one moment. */
  snapshotRead<T>(work: (manager: EntityManager) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const shared = { entities: [...Object.values(KINDS), Event, ...TABLES], migrations: MIGRATIONS, synchronize: false, logging: false };

function dataSourceOptions(url: DatabaseUrl): DataSourceOptions {
  if (!url.startsWith("sqlite:")) {
    const mysql = { type: "mysql", url, timezone: "Z", charset: "utf8mb4_bin", supportBigNumbers: true, poolSize: 10 } as const;
    return { ...shared, ...mysql, extra: { connectionLimit: 10 } };
  }
  const database = url.slice("sqlite:".length);
  mkdirSync(dirname(database), { recursive: true });
  const driver = createRequire(import.meta.url)("libsql") as unknown;
  return {
    ...shared,
    type: "better-sqlite3",
    driver,
    database,
    enableWAL: true,
    prepareDatabase: (db: { pragma(text: string): void }) => db.pragma("busy_timeout = 5000"),
  };
}

/** A connection (pool) without migrations run: for tools and specs that look at the schema itself. */
export async function openDataSource(url: DatabaseUrl): Promise<DataSource> {
  return new DataSource(dataSourceOptions(url)).initialize();
}

/** Several replicas may start at once: only one migrates. */
async function migrate(source: DataSource, embedded: boolean): Promise<void> {
  if (embedded) return void (await source.runMigrations({ transaction: "each" }));
  const runner = source.createQueryRunner();
  try {
    await runner.query("SELECT GET_LOCK('overt_migration', ?)", [MIGRATION_LOCK_SECONDS]);
    await source.runMigrations({ transaction: "none" });
  } finally {
    await runner.query("SELECT RELEASE_LOCK('overt_migration')");
    await runner.release();
  }
}

export async function openDatabase(url: DatabaseUrl): Promise<Database> {
  const writer = await openDataSource(url);
  const embedded = writer.options.type === "better-sqlite3";
  await migrate(writer, embedded);
  const reader = embedded ? await openDataSource(url) : writer;
  let tail: Promise<unknown> = Promise.resolve();
  const transaction = <T>(work: (manager: EntityManager) => Promise<T>): Promise<T> => {
    const run = () => (embedded ? writer.transaction(work) : writer.transaction("READ COMMITTED", work));
    if (!embedded) return run();
    const result = tail.then(run);
    tail = result.catch(() => undefined);
    return result;
  };
  const snapshotRead = <T>(work: (manager: EntityManager) => Promise<T>): Promise<T> =>
    embedded ? transaction(work) : writer.transaction("REPEATABLE READ", work);
  const close = async () => {
    await tail;
    await writer.destroy();
    if (reader !== writer) await reader.destroy();
  };
  return { embedded, reader: reader.manager, transaction, snapshotRead, close };
}
