import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, rename } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, inject, onTestFinished } from "vitest";
import { openDatabase, type Database, type DatabaseUrl } from "../../src/db/database.ts";
import { createUnitOfWork, type Origin, type UnitOfWork } from "../../src/db/unitOfWork.ts";
import { openJournal, type Journal } from "../../src/domain/journal/journal.ts";
import { removeFolder } from "./folder.ts";
import { openMariaDbDatabases, type MariaDbDatabases } from "./mariadbTemplate.ts";

/** One of the databases that the product runs on. */
export interface DatabaseKind {
  readonly name: "SQLite" | "MariaDB";
  /** URL of a database as the migrations make it, nobody else's until the running test is finished. */
  fresh(): Promise<DatabaseUrl>;
  /** As `fresh`, without any table: for specs of the migrations themselves, and for those that change tables. */
  empty(): Promise<DatabaseUrl>;
}

const sqlite: DatabaseKind = {
  name: "SQLite",
  async fresh() {
    const url = await sqlite.empty();
    await copyFile(await sqliteTemplate(), fileOf(url));
    return url;
  },
  async empty() {
    const folder = join(inject("specFolder"), randomUUID());
    await mkdir(folder, { recursive: true });
    onTestFinished(() => removeFolder(folder));
    return `sqlite:${join(folder, "overt.db")}`;
  },
};
const fileOf = (url: DatabaseUrl) => url.slice("sqlite:".length);

/** Made by the first who asks, and by whoever asks before that is done: they are all the same. */
async function sqliteTemplate(): Promise<string> {
  const template = join(inject("specFolder"), "template.db");
  if (existsSync(template)) return template;
  const own = `${template}.${randomUUID()}`;
  const database = await openDatabase(`sqlite:${own}`);
  // Else it is all in the write-ahead log, which stays when the database is closed.
  await database.reader.query("PRAGMA wal_checkpoint(TRUNCATE)");
  await database.close();
  await rename(own, template);
  return template;
}

const mariadb: DatabaseKind = {
  name: "MariaDB",
  async fresh() {
    const { take, giveBack } = await mariadbDatabases();
    const url = await take();
    onTestFinished(() => giveBack(url));
    return url;
  },
  async empty() {
    const { takeEmpty, drop } = await mariadbDatabases();
    const url = await takeEmpty();
    onTestFinished(() => drop(url));
    return url;
  },
};

let databases: Promise<MariaDbDatabases> | undefined;
const mariadbDatabases = () => (databases ??= mariadbUrl().then(openMariaDbDatabases));

async function mariadbUrl(): Promise<string> {
  const answer = JSON.parse(await text(connect(inject("mariadbDoor")))) as { url: string } | { error: string };
  if ("error" in answer) throw new Error(answer.error);
  return answer.url;
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
