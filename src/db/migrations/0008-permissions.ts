import { randomUUID } from "node:crypto";
import type { MigrationInterface, QueryRunner, TableOptions } from "typeorm";
import { roleNamed } from "../../domain/access/roles.ts";
import { createTable } from "./portable.ts";

const permission: TableOptions = {
  name: "permission",
  columns: [
    { name: "id", type: "varchar", length: "36", isPrimary: true },
    { name: "version", type: "integer" },
    { name: "userId", type: "varchar", length: "36" },
    { name: "roleId", type: "varchar", length: "36" },
    { name: "objectKind", type: "varchar", length: "40", isNullable: true },
    { name: "objectId", type: "varchar", length: "36", isNullable: true },
  ],
  indices: [{ name: "ix_permission_userId", columnNames: ["userId"] }],
  foreignKeys: [
    {
      name: "fk_permission_userId",
      columnNames: ["userId"],
      referencedTableName: "user",
      referencedColumnNames: ["id"],
      onDelete: "NO ACTION",
      onUpdate: "NO ACTION",
    },
  ],
};

/**
 * The roles of a user become permissions on the whole system. The column goes last: until then a migration that was cut off
 * is made again.
 */
export class Permissions1795680000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, permission);
    if (!(await runner.hasColumn("user", "roles"))) return;
    await fill(runner);
    await runner.dropColumn("user", "roles");
  }

  async down(): Promise<void> {
    throw new Error("There is no way back: restore the backup.");
  }
}

async function fill(runner: QueryRunner): Promise<void> {
  const [user, id, roles] = ["user", "id", "roles"].map((name) => runner.connection.driver.escape(name));
  await runner.query("DELETE FROM permission");
  const users = (await runner.query(`SELECT ${id}, ${roles} FROM ${user}`)) as { id: string; roles: string }[];
  for (const { id: userId, roles: names } of users)
    for (const name of new Set(JSON.parse(names) as string[])) {
      const roleId = roleNamed(name)?.id;
      if (!roleId) continue;
      const row = { id: randomUUID(), version: 1, userId, roleId, objectKind: null, objectId: null };
      await runner.manager.createQueryBuilder().insert().into("permission", Object.keys(row)).values(row).execute();
    }
}
