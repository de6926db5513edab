import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, statSync } from "node:fs";

const OTHERS = 0o077;
const STICKY = 0o1000;

/**
 * A folder for what only the engine may read: others lose their rights to one that is there already. One that is made to be
 * shared, or holds other folders, is not the engine's alone and stays as it is; the files in it are private anyway.
 */
export function privateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const { mode } = statSync(path);
  const isShared = (mode & STICKY) !== 0 || readdirSync(path, { withFileTypes: true }).some((entry) => entry.isDirectory());
  if ((mode & OTHERS) !== 0 && !isShared) chmodSync(path, 0o700);
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
