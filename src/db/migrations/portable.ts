import {
  Table,
  TableColumn,
  TableForeignKey,
  TableIndex,
  type QueryRunner,
  type TableColumnOptions,
  type TableForeignKeyOptions,
  type TableIndexOptions,
  type TableOptions,
} from "typeorm";

/**
 * Steps of a migration that both databases take. Each looks whether it was done: MariaDB commits every one by itself, so a
 * migration that was cut off is run again over its first half.
 */

/** The type that either database has for long text: what `simple-json` columns have. */
const jsonType = (runner: QueryRunner) => (runner.connection.options.type === "better-sqlite3" ? "text" : "mediumtext");
const withJsonType = (runner: QueryRunner, column: TableColumnOptions): TableColumnOptions =>
  column.type === "simple-json" ? { ...column, type: jsonType(runner) } : column;

export async function createTable(runner: QueryRunner, options: TableOptions): Promise<void> {
  const columns = options.columns!.map((column) => withJsonType(runner, column));
  await runner.createTable(new Table({ ...options, columns }), true);
}

/** `value` is what rows that are there get, where the column cannot be null. */
export async function addColumn(runner: QueryRunner, table: string, column: TableColumnOptions, value?: unknown): Promise<void> {
  const whole = withJsonType(runner, column);
  const isNew = !(await runner.hasColumn(table, column.name));
  if (isNew) await runner.addColumn(table, new TableColumn(column.isNullable ? whole : { ...whole, isNullable: true }));
  if (column.isNullable) return;
  const [tableName, columnName] = [table, column.name].map((name) => runner.connection.driver.escape(name));
  await runner.query(`UPDATE ${tableName} SET ${columnName} = ? WHERE ${columnName} IS NULL`, [value]);
  const there = (await runner.getTable(table))!.findColumnByName(column.name)!;
  if (!there.isNullable) return;
  // As it is there: a type by another of its names would be taken for another type, and the column made anew without its values.
  const filled = there.clone();
  filled.isNullable = false;
  await runner.changeColumn(table, there, filled);
}

/** Of a column that was never null. */
export async function allowNull(runner: QueryRunner, table: string, name: string): Promise<void> {
  const there = (await runner.getTable(table))!.findColumnByName(name)!;
  if (there.isNullable) return;
  const open = there.clone();
  open.isNullable = true;
  await runner.changeColumn(table, there, open);
}

export async function createIndex(runner: QueryRunner, table: string, index: TableIndexOptions): Promise<void> {
  const { indices } = (await runner.getTable(table))!;
  if (!indices.some(({ name }) => name === index.name)) await runner.createIndex(table, new TableIndex(index));
}

export async function addForeignKey(runner: QueryRunner, table: string, key: TableForeignKeyOptions): Promise<void> {
  const { foreignKeys } = (await runner.getTable(table))!;
  if (!foreignKeys.some(({ name }) => name === key.name)) await runner.createForeignKey(table, new TableForeignKey(key));
}
