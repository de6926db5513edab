/** Driver errors, by their codes; both databases. */

const codeOf = (error: unknown): string => {
  const driver = (error as { driverError?: { code?: unknown } } | null)?.driverError;
  return String(driver?.code ?? (error as { code?: unknown } | null)?.code ?? "");
};

export const isDuplicate = (error: unknown): boolean =>
  ["ER_DUP_ENTRY", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"].includes(codeOf(error));

/** Another transaction was in the way; the same work may succeed at once. */
export const isTransient = (error: unknown): boolean =>
  ["ER_LOCK_DEADLOCK", "ER_LOCK_WAIT_TIMEOUT", "ER_CHECKREAD", "SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT"].includes(codeOf(error));
