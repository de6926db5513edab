import { invalid } from "../../errors.ts";
import type { HostStorage } from "../values.ts";

const MAX_PATH = 1_000;

/** An absolute path in its one spelling, so that equal directories are equal texts. Throws INVALID. */
export function checkStoragePath(storage: HostStorage, at: string): HostStorage {
  const { path } = storage;
  const names = path.slice(1).split("/");
  const odd = names.some((name) => name === "" || name === "." || name === "..") || path.includes("\0");
  if (!path.startsWith("/") || path.length > MAX_PATH || odd)
    throw invalid(`${at}.path`, "An absolute path of a directory, without `.`, `..`, doubled or trailing slashes.", "PATH");
  return storage;
}
