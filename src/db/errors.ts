/** Driver errors, by their codes; both databases. */

interface DriverError {
  code?: string;
  driverError?: DriverError;
}
const codeOf = (error: unknown): string => {
  const known = error as DriverError | null | undefined;
  return known?.driverError?.code ?? known?.code ?? "";
};
const oneOf = (codes: readonly string[]) => (error: unknown) => codes.includes(codeOf(error));

export const isDuplicate = oneOf(["ER_DUP_ENTRY", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"]);

/** A row that something else refers to was removed, or what a row refers to is not there. */
export const isReferenceViolation = oneOf([
  "ER_ROW_IS_REFERENCED",
  "ER_ROW_IS_REFERENCED_2",
  "ER_NO_REFERENCED_ROW",
  "ER_NO_REFERENCED_ROW_2",
  "SQLITE_CONSTRAINT_FOREIGNKEY",
]);

/** Another transaction was in the way; the same work may succeed at once. */
export const isTransient = oneOf(["ER_LOCK_DEADLOCK", "ER_LOCK_WAIT_TIMEOUT", "ER_CHECKREAD", "SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT"]);

/** Why the database cannot be used for now; it may be again without anybody changing what he asks. */
export type Unavailability = "DATABASE_DOWN" | "DISK_FULL" | "READ_ONLY";

const DOWN = oneOf([
  "ECONNREFUSED",
  "ECONNRESET",
  "ETIMEDOUT",
  "EPIPE",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "PROTOCOL_CONNECTION_LOST",
  "PROTOCOL_SEQUENCE_TIMEOUT",
  "POOL_CLOSED",
  "ER_SERVER_SHUTDOWN",
  "ER_CONNECTION_KILLED",
  "ER_QUERY_INTERRUPTED",
  "ER_CON_COUNT_ERROR",
  "ER_TOO_MANY_USER_CONNECTIONS",
]);
const FULL = oneOf(["ER_DISK_FULL", "ER_RECORD_FILE_FULL", "SQLITE_FULL"]);
const LOCKED = oneOf(["ER_OPTION_PREVENTS_STATEMENT", "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION", "ER_READ_ONLY_MODE"]);
/** Of SQLite there is one code per system call that failed. */
const isOfFile = (error: unknown) => /^SQLITE_(?:IOERR|CANTOPEN|NOTADB|CORRUPT)/.test(codeOf(error));
const isReadOnly = (error: unknown) => LOCKED(error) || codeOf(error).startsWith("SQLITE_READONLY");

/** Null for an error of any other kind. */
export function unavailability(error: unknown): Unavailability | null {
  if (FULL(error)) return "DISK_FULL";
  if (isReadOnly(error)) return "READ_ONLY";
  return DOWN(error) || isOfFile(error) ? "DATABASE_DOWN" : null;
}
