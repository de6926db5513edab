import { createRequire } from "node:module";
import { dirname } from "node:path";
import { DataSource, type DataSourceOptions, type EntityManager } from "typeorm";
import { KINDS } from "../domain/kinds.ts";
import { Event } from "../domain/event/event.ts";
import type { Unavailability } from "./errors.ts";
import { makePrivate, privateFile, privateFolder } from "./folder.ts";
import { createGroupCommit } from "./groupCommit.ts";
import { createHealth } from "./health.ts";
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
  /** Why it cannot be used now; null when it answers and takes what is written. */
  check(): Promise<Unavailability | null>;
  close(): Promise<void>;
}

const shared = { entities: [...Object.values(KINDS), Event, ...TABLES], migrations: MIGRATIONS, synchronize: false, logging: false };

function dataSourceOptions(url: DatabaseUrl): DataSourceOptions {
  if (!url.startsWith("sqlite:")) {
    const type = url.startsWith("mariadb:") ? "mariadb" : "mysql";
    return { ...shared, type, url, timezone: "Z", charset: "utf8mb4_bin", supportBigNumbers: true, poolSize: 10 };
  }
  const database = url.slice("sqlite:".length);
  // SQLite gives the files beside it the same rights.
  privateFolder(dirname(database));
  privateFile(database);
  makePrivate([`${database}-wal`, `${database}-shm`]);
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
  const source = await openDataSource(url);
  const embedded = source.options.type === "better-sqlite3";
  await migrate(source);
  return embedded ? openEmbedded(url, source) : openServer(source);
}

function openServer(source: DataSource): Database {
  const { manager: reader } = source;
  const { watched, check } = createHealth(reader);
  return {
    embedded: false,
    reader,
    transaction: watched((work) => source.transaction("READ COMMITTED", work)),
    snapshotRead: (work) => source.transaction("REPEATABLE READ", work),
    check,
    close: () => source.destroy(),
  };
}

async function openEmbedded(url: DatabaseUrl, first: DataSource): Promise<Database> {
  const { manager: reader } = await openDataSource(url);
  const writer = createWriter(url, first);
  const group = createGroupCommit(writer.begin, writer.isOpen);
  const { watched, check } = createHealth(reader);
  const transaction = watched(group.transaction);
  const close = async () => {
    await group.idle();
    await writer.close();
    await reader.dataSource.destroy();
  };
  return { embedded: true, reader, transaction, snapshotRead: transaction, check, close };
}

/**
 * The one connection that writes. A full disk ends a transaction behind TypeORM's back, which would take the next one for a
 * part of it and never commit it: such a connection is replaced before it is used again.
 */
function createWriter(url: DatabaseUrl, first: DataSource) {
  let source = first;
  const begin = async <T>(work: (manager: EntityManager) => Promise<T>): Promise<T> => {
    if (source.createQueryRunner().isTransactionActive) {
      const fresh = await openDataSource(url);
      await source.destroy();
      source = fresh;
    }
    return source.transaction(work);
  };
  const isOpen = () => (source.driver as unknown as { databaseConnection: { inTransaction: boolean } }).databaseConnection.inTransaction;
  return { begin, isOpen, close: () => source.destroy() };
}
