import { Table, TableColumn, type QueryRunner, type TableColumnOptions, type TableOptions } from "typeorm";

/** The type that either database has for long text: what `simple-json` columns have. */
const jsonType = (runner: QueryRunner) => (runner.connection.options.type === "better-sqlite3" ? "text" : "mediumtext");
const withJsonType = (runner: QueryRunner, column: TableColumnOptions): TableColumnOptions =>
  column.type === "simple-json" ? { ...column, type: jsonType(runner) } : column;

/** A table that is there is left alone: MariaDB commits each by itself, so a migration that was cut off is run again over its first half. */
export async function createTable(runner: QueryRunner, options: TableOptions): Promise<void> {
  const columns = options.columns!.map((column) => withJsonType(runner, column));
  await runner.createTable(new Table({ ...options, columns }), true);
}

/** As `createTable`, for one more column. */
export async function addColumn(runner: QueryRunner, table: string, column: TableColumnOptions): Promise<void> {
  if (!(await runner.hasColumn(table, column.name))) await runner.addColumn(table, new TableColumn(withJsonType(runner, column)));
}
