import type { Database } from "../../db/database.ts";

/** What a table takes. */
export interface TableSpace {
  table: string;
  /** Estimated where the database counts slowly. */
  rows: number;
  /** With its indexes. */
  bytes: number;
}

/** What each table takes, by its name. Not for every moment: the embedded database reads all of itself. */
export async function spaceTaken({ embedded, reader }: Database): Promise<TableSpace[]> {
  const taken = embedded ? await ofSqlite(reader) : await ofMariaDb(reader);
  return taken.sort((a, b) => (a.table < b.table ? -1 : 1));
}

type Reader = Database["reader"];

async function ofSqlite(reader: Reader): Promise<TableSpace[]> {
  const rows = (await reader.query(
    `SELECT schema.tbl_name AS name, SUM(stat.pgsize) AS bytes FROM dbstat stat JOIN sqlite_master schema ON schema.name = stat.name GROUP BY schema.tbl_name`,
  )) as { name: string; bytes: number }[];
  const spaces: TableSpace[] = [];
  for (const { name, bytes } of rows.filter((row) => !row.name.startsWith("sqlite_"))) {
    const [{ count }] = (await reader.query(`SELECT COUNT(*) AS count FROM ${reader.connection.driver.escape(name)}`)) as [
      { count: number },
    ];
    spaces.push({ table: name, rows: count, bytes });
  }
  return spaces;
}

async function ofMariaDb(reader: Reader): Promise<TableSpace[]> {
  const rows = (await reader.query(
    `SELECT table_name AS name, table_rows AS estimate, data_length + index_length AS bytes FROM information_schema.tables WHERE table_schema = DATABASE()`,
  )) as { name: string; estimate: unknown; bytes: unknown }[];
  return rows.map(({ name, estimate, bytes }) => ({ table: name, rows: Number(estimate), bytes: Number(bytes) }));
}
