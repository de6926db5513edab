import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createConnection } from "mysql2/promise";
import { describe, inject, onTestFinished } from "vitest";
import { openDatabase, type Database, type DatabaseUrl } from "../../src/db/database.ts";
import { createUnitOfWork, type Origin, type UnitOfWork } from "../../src/db/unitOfWork.ts";
import { openJournal, type Journal } from "../../src/domain/journal/journal.ts";

/** One of the databases that the product runs on. */
export interface DatabaseKind {
  readonly name: "SQLite" | "MariaDB";
  /** URL of an empty database that is removed when the running test is finished. */
  fresh(): Promise<DatabaseUrl>;
}

const sqlite: DatabaseKind = {
  name: "SQLite",
  async fresh() {
    const folder = join(inject("specFolder"), randomUUID());
    await mkdir(folder, { recursive: true });
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    return `sqlite:${join(folder, "overt.db")}`;
  },
};

const mariadb: DatabaseKind = {
  name: "MariaDB",
  async fresh() {
    const server = await mariadbUrl();
    const name = `overt_${randomUUID().replaceAll("-", "")}`;
    await statement(server, `CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
    onTestFinished(() => statement(server, `DROP DATABASE ${name}`));
    return `${server}/${name}`;
  },
};

async function mariadbUrl(): Promise<string> {
  const answer = JSON.parse(await text(connect(inject("mariadbDoor")))) as { url: string } | { error: string };
  if ("error" in answer) throw new Error(answer.error);
  return answer.url;
}

async function statement(server: string, sql: string): Promise<void> {
  const connection = await createConnection(server);
  await connection.query(sql);
  await connection.end();
}

/** The database of the project that runs (see vitest.config.ts): the embedded one, or MariaDB. */
export const projectDatabase = (): DatabaseKind => (process.env["OVERT_SPEC_DATABASE"] === "MariaDB" ? mariadb : sqlite);

/** `describe` for specs of the database itself, with its name in the title: each project runs them on its own. */
export function describeDatabases(title: string, body: (database: DatabaseKind) => void): void {
  const database = projectDatabase();
  describe(`${title} on ${database.name}`, () => body(database));
}

/** As `describeDatabases`, on MariaDB alone. A file that has nothing else is named `*.mariadb.spec.ts`. */
export function describeMariaDb(title: string, body: (database: DatabaseKind) => void): void {
  if (projectDatabase() === mariadb) describeDatabases(title, body);
}

/** What one engine process has of the database. */
export interface Store {
  readonly database: Database;
  readonly journal: Journal;
  readonly unitOfWork: UnitOfWork;
}

/** Opens database, journal and unit of work as main.ts does; closed when the running test is finished. */
export async function openStore(url: DatabaseUrl): Promise<Store> {
  const database = await openDatabase(url);
  const journal = await openJournal(database);
  onTestFinished(async () => {
    journal.close();
    await database.close();
  });
  return { database, journal, unitOfWork: createUnitOfWork(database, journal) };
}

export const SPEC_ORIGIN: Origin = { userId: null, correlationId: "spec", jobId: null };
