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
