import { accessSync, chmodSync, closeSync, constants, existsSync, mkdirSync, openSync, readdirSync, statSync } from "node:fs";
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
const OTHERS = 0o077;
const STICKY = 0o1000;

/**
 * A folder for what only the engine may read, made with those it lies in unless it is there: others lose their rights to it. One
 * that is made to be shared, or holds other folders, is not the engine's alone and stays as it is; the files in it are private
 * anyway. Throws Node's coded errors when it is no folder, or cannot be written.
 */
export function privateFolder(folder: string): void {
  makeFolder(folder);
  const { mode } = statSync(folder);
  const isShared = (mode & STICKY) !== 0 || readdirSync(folder, { withFileTypes: true }).some((entry) => entry.isDirectory());
  if ((mode & OTHERS) !== 0 && !isShared) chmodSync(folder, 0o700);
}

function makeFolder(folder: string): void {
  // Not Node's own `recursive`: it never comes back from a place where nothing can be made, as /proc.
  if (!existsSync(folder)) {
    if (dirname(folder) !== folder) makeFolder(dirname(folder));
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch (error) {
      // Somebody else made it in this moment.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  accessSync(`${folder}/.`, constants.W_OK);
}

/** Made if it is not there. */
export function privateFile(path: string): void {
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
}

/** What is there of these. */
export function makePrivate(paths: readonly string[]): void {
  for (const path of paths) if (existsSync(path)) chmodSync(path, 0o600);
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
  const file = join(folder, "engine.lock");
  privateFile(file);
  const lock = new Libsql(file);
  try {
    lock.pragma(`busy_timeout = ${PATIENCE_MS}`);
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    throw (error as { code?: string }).code === "SQLITE_BUSY" ? new FolderInUse(folder) : error;
  }
  return () => {
    // The library closes the file only when the garbage collector comes by.
    lock.exec("ROLLBACK");
    lock.close();
  };
}
