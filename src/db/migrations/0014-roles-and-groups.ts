import type { MigrationInterface, QueryRunner } from "typeorm";
import { addColumn, allowNull, addForeignKey, createIndex, createTable } from "./portable.ts";

/** Written by `npm run migration`, but that a permission need not be a user's any more. */
export class RolesAndGroups1795781344243 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: "group",
      columns: [
        { name: "id", type: "varchar", length: "36", isPrimary: true },
        { name: "version", type: "integer" },
        { name: "name", type: "varchar", length: "255" },
        { name: "description", type: "varchar", length: "255" },
        { name: "userIds", type: "simple-json" },
        { name: "memberGroupIds", type: "simple-json" },
        { name: "tagIds", type: "simple-json" },
      ],
      indices: [{ name: "uq_group_name", columnNames: ["name"], isUnique: true }],
      foreignKeys: [],
    });
    await allowNull(runner, "permission", "userId");
    await addColumn(runner, "permission", { name: "groupId", type: "varchar", length: "36", isNullable: true });
    await createIndex(runner, "permission", { name: "ix_permission_groupId", columnNames: ["groupId"] });
    await addForeignKey(runner, "permission", {
      name: "fk_permission_groupId",
      columnNames: ["groupId"],
      referencedTableName: "group",
      referencedColumnNames: ["id"],
      onDelete: "NO ACTION",
      onUpdate: "NO ACTION",
    });
    await createTable(runner, {
      name: "role",
      columns: [
        { name: "id", type: "varchar", length: "36", isPrimary: true },
        { name: "version", type: "integer" },
        { name: "name", type: "varchar", length: "255" },
        { name: "description", type: "varchar", length: "255" },
        { name: "administrative", type: "boolean" },
        { name: "allowsViewingChildren", type: "boolean" },
        { name: "permitNames", type: "simple-json" },
        { name: "mutable", type: "boolean" },
      ],
      indices: [{ name: "uq_role_name", columnNames: ["name"], isUnique: true }],
      foreignKeys: [],
    });
  }

  async down(): Promise<void> {
    throw new Error("There is no way back: restore the backup.");
  }
}
