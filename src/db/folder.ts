import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** As much of libsql as is needed. */
interface Sqlite {
  pragma(text: string): unknown;
  exec(sql: string): unknown;
  close(): void;
}
/** An engine that is just ending may hold it this long, ms. */
const PATIENCE_MS = 2_000;

/** Makes a folder, with those it lies in, unless it is there. Throws Node's coded errors when it is not, or cannot be written. */
export function makeFolder(folder: string): void {
  // Not Node's own `recursive`: it never comes back from a place where nothing can be made, as /proc.
  if (!existsSync(folder)) {
    if (dirname(folder) !== folder) makeFolder(dirname(folder));
    mkdirSync(folder);
  }
  accessSync(`${folder}/.`, constants.W_OK);
}

/** Another process uses the folder. */
export class FolderInUse extends Error {
  constructor(readonly folder: string) {
    super(`${folder} is in use by another engine.`);
    this.name = "FolderInUse";
  }
}

/**
 * Takes a folder that is there for this process alone, until the answer is called or the process ends, however it ends: the lock is the
 * system's, on an empty database of its own. Throws FolderInUse.
 */
export function lockFolder(folder: string): () => void {
  const Libsql = createRequire(import.meta.url)("libsql") as new (path: string) => Sqlite;
  const lock = new Libsql(join(folder, "engine.lock"));
  try {
    lock.pragma(`busy_timeout = ${PATIENCE_MS}`);
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    throw (error as { code?: string }).code === "SQLITE_BUSY" ? new FolderInUse(folder) : error;
  }
  return () => lock.close();
}
