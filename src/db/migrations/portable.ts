import { Table, type QueryRunner, type TableOptions } from "typeorm";

/**
 * A table whose `simple-json` columns have the type that either database has for long text. A table that is there is left
 * alone: MariaDB commits each by itself, so a migration that was cut off is run again over its first half.
 */
export async function createTable(runner: QueryRunner, options: TableOptions): Promise<void> {
  const json = runner.connection.options.type === "better-sqlite3" ? "text" : "mediumtext";
  const columns = options.columns!.map((column) => (column.type === "simple-json" ? { ...column, type: json } : column));
  await runner.createTable(new Table({ ...options, columns }), true);
}
