import { TableColumn, TableIndex, type MigrationInterface, type QueryRunner, type TableOptions } from "typeorm";
import { nameKeyOf } from "../../domain/access/userNames.ts";
import { createTable } from "./portable.ts";

const session: TableOptions = {
  name: "session",
  columns: [
    { name: "id", type: "varchar", length: "36", isPrimary: true },
    { name: "version", type: "integer" },
    { name: "userId", type: "varchar", length: "36" },
    { name: "createdAt", type: "datetime", precision: 3 },
    { name: "expiresAt", type: "datetime", precision: 3 },
  ],
  indices: [{ name: "ix_session_userId", columnNames: ["userId"] }],
  foreignKeys: [foreignKey("fk_session_userId", "userId", "user", "NO ACTION")],
};
const refreshToken: TableOptions = {
  name: "refresh_token",
  columns: [
    { name: "hash", type: "varchar", length: "64", isPrimary: true },
    { name: "sessionId", type: "varchar", length: "36" },
    { name: "expiresAt", type: "datetime", precision: 3 },
    { name: "usedAt", type: "datetime", precision: 3, isNullable: true },
  ],
  indices: [
    { name: "ix_refresh_token_sessionId", columnNames: ["sessionId"] },
    { name: "ix_refresh_token_expiresAt", columnNames: ["expiresAt"] },
  ],
  foreignKeys: [foreignKey("fk_refresh_token_sessionId", "sessionId", "session", "CASCADE")],
};

function foreignKey(name: string, column: string, referencedTableName: string, onDelete: string) {
  return { name, columnNames: [column], referencedTableName, referencedColumnNames: ["id"], onDelete, onUpdate: "NO ACTION" };
}

/**
 * Users get the key by which names that people confuse are told apart; sessions become rows of their own. Log-ins from
 * before end: their tokens name no session. MariaDB commits each step by itself, so each looks whether it was done.
 */
export class SessionsAndNames1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await addNameKeys(runner);
    await createTable(runner, session);
    if (await runner.hasColumn("refresh_token", "familyId")) await runner.dropTable("refresh_token");
    await createTable(runner, refreshToken);
  }

  async down(): Promise<void> {
    throw new Error("There is no way back: restore the backup.");
  }
}

async function addNameKeys(runner: QueryRunner): Promise<void> {
  const column = { name: "nameKey", type: "varchar", length: "255" };
  if (!(await runner.hasColumn("user", column.name))) await runner.addColumn("user", new TableColumn({ ...column, isNullable: true }));
  await fill(runner);
  const table = (await runner.getTable("user"))!;
  if (table.findColumnByName(column.name)!.isNullable) await runner.changeColumn("user", column.name, new TableColumn(column));
  if (!table.indices.some(({ name }) => name === "uq_user_nameKey"))
    await runner.createIndex("user", new TableIndex({ name: "uq_user_nameKey", columnNames: [column.name], isUnique: true }));
}

/** Of users who are there already under names that can be confused, the oldest has the key; the others go by their exact names. */
async function fill(runner: QueryRunner): Promise<void> {
  const [user, id, userName, nameKey, createdAt] = ["user", "id", "userName", "nameKey", "createdAt"].map((name) =>
    runner.connection.driver.escape(name),
  );
  const rows = (await runner.query(`SELECT ${id}, ${userName}, ${nameKey} FROM ${user} ORDER BY ${createdAt}, ${id}`)) as {
    id: string;
    userName: string;
    nameKey: string | null;
  }[];
  const taken = new Set(rows.map((row) => row.nameKey));
  for (const row of rows) {
    if (row.nameKey !== null) continue;
    const wanted = nameKeyOf(row.userName);
    const key = taken.has(wanted) || wanted.length > 255 ? row.id : wanted;
    taken.add(key);
    await runner.query(`UPDATE ${user} SET ${nameKey} = ? WHERE ${id} = ?`, [key, row.id]);
  }
}
