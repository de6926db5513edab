import type { EntityManager } from "typeorm";

/** The database's own time in ms since 1970, as SQL: engines that share a database need not agree on the time of day. */
export const databaseNow = ({ connection }: EntityManager): string =>
  connection.options.type === "better-sqlite3"
    ? "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
    : "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000)";
