import { invalid, OvertError } from "../../errors.ts";
import type { RowOf } from "../kinds.ts";
import type { StorageDomainStatus } from "./storageDomain.ts";

const MAX_PATH = 1_000;

/** An absolute path in its one spelling, so that equal directories are equal texts. Throws INVALID. */
export function checkStoragePath(path: string): string {
  const names = path.slice(1).split("/");
  const odd = names.some((name) => name === "" || name === "." || name === "..") || path.includes("\0");
  if (!path.startsWith("/") || path.length > MAX_PATH || odd)
    throw invalid("input.storage.path", "An absolute path of a directory, without `.`, `..`, doubled or trailing slashes.", "PATH");
  return path;
}

const PHRASES: Record<StorageDomainStatus, string> = {
  ACTIVE: "is active",
  INACTIVE: "cannot be reached",
  LOCKED: "is locked by a job",
  UNATTACHED: "is not attached",
  MAINTENANCE: "is in maintenance",
  UNKNOWN: "is in an unknown state",
};

/** Throws NOT_ALLOWED_IN_STATE, reason STORAGE_DOMAIN_STATUS_<status>. */
export function requireDomainStatus({ name, status }: RowOf<"StorageDomain">, allowed: readonly StorageDomainStatus[]): void {
  if (allowed.includes(status)) return;
  const message = `Storage domain ${name} ${PHRASES[status]}.`;
  throw new OvertError("NOT_ALLOWED_IN_STATE", message, [{ code: `STORAGE_DOMAIN_STATUS_${status}`, message }]);
}

/** How hosts are told about a domain. */
export const storageRef = ({ id, storage }: RowOf<"StorageDomain">) => ({ storageDomainId: id, path: storage.path });
