import { createRequire } from "node:module";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DataSource, type DataSourceOptions, type EntityManager } from "typeorm";
import { KINDS } from "../domain/kinds.ts";
import { Event } from "../domain/event/event.ts";
import { createGroupCommit } from "./groupCommit.ts";
import { TABLES } from "./tables.ts";
import { BUSY_MS, migrate } from "./migrate.ts";
import { MIGRATIONS } from "./migrations/index.ts";

/** `mysql://user:password@host:port/name`, the same with `mariadb://`, or `sqlite:/absolute/path/of/file`. */
export type DatabaseUrl = string;

export interface Database {
  /** True for the embedded database: one process, one writer. */
  readonly embedded: boolean;
  /** Sees committed rows only. */
  readonly reader: EntityManager;
  /** All or nothing, alone: on the embedded database its only connection is queued for. */
  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T>;
  /** Reads that see one moment. */
  snapshotRead<T>(work: (manager: EntityManager) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const shared = { entities: [...Object.values(KINDS), Event, ...TABLES], migrations: MIGRATIONS, synchronize: false, logging: false };

function dataSourceOptions(url: DatabaseUrl): DataSourceOptions {
  if (!url.startsWith("sqlite:")) {
    const type = url.startsWith("mariadb:") ? "mariadb" : "mysql";
    return { ...shared, type, url, timezone: "Z", charset: "utf8mb4_bin", supportBigNumbers: true, poolSize: 10 };
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
    prepareDatabase: (db: { pragma(text: string): void }) => db.pragma(`busy_timeout = ${BUSY_MS}`),
  };
}

/** JSON may be long: more than the 64 KiB that `text` holds there. */
function widenJson({ driver }: DataSource): void {
  const normalizeType = driver.normalizeType.bind(driver);
  driver.normalizeType = (column) => (column.type === "simple-json" ? "mediumtext" : normalizeType(column));
}

/** A connection (pool) without migrations run: for tools and specs that look at the schema itself. */
export async function openDataSource(url: DatabaseUrl): Promise<DataSource> {
  const source = new DataSource(dataSourceOptions(url));
  if (source.options.type !== "better-sqlite3") widenJson(source);
  return source.initialize();
}

export async function openDatabase(url: DatabaseUrl): Promise<Database> {
  const writer = await openDataSource(url);
  const embedded = writer.options.type === "better-sqlite3";
  await migrate(writer);
  const reader = embedded ? await openDataSource(url) : writer;
  const group = embedded ? createGroupCommit((work) => writer.transaction(work)) : null;
  const transaction: Database["transaction"] = (work) => group?.transaction(work) ?? writer.transaction("READ COMMITTED", work);
  const snapshotRead = <T>(work: (manager: EntityManager) => Promise<T>): Promise<T> =>
    embedded ? transaction(work) : writer.transaction("REPEATABLE READ", work);
  const close = async () => {
    await group?.idle();
    await writer.destroy();
    if (reader !== writer) await reader.destroy();
  };
  return { embedded, reader: reader.manager, transaction, snapshotRead, close };
}
