import type { MigrationInterface, QueryRunner } from "typeorm";
import { createTable } from "./portable.ts";

/** Written by `npm run migration`. */
export class TagsAndBookmarks1795675616234 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: "bookmark",
      columns: [
        { name: "id", type: "varchar", length: "36", isPrimary: true },
        { name: "version", type: "integer" },
        { name: "name", type: "varchar", length: "255" },
        { name: "value", type: "varchar", length: "2000" },
      ],
      indices: [{ name: "uq_bookmark_name", columnNames: ["name"], isUnique: true }],
      foreignKeys: [],
    });
    await createTable(runner, {
      name: "tag",
      columns: [
        { name: "id", type: "varchar", length: "36", isPrimary: true },
        { name: "version", type: "integer" },
        { name: "name", type: "varchar", length: "255" },
        { name: "description", type: "varchar", length: "255" },
        { name: "parentId", type: "varchar", length: "36", isNullable: true },
      ],
      indices: [
        { name: "ix_tag_parentId", columnNames: ["parentId"] },
        { name: "uq_tag_name", columnNames: ["name"], isUnique: true },
      ],
      foreignKeys: [
        {
          name: "fk_tag_parentId",
          columnNames: ["parentId"],
          referencedTableName: "tag",
          referencedColumnNames: ["id"],
          onDelete: "NO ACTION",
          onUpdate: "NO ACTION",
        },
      ],
    });
  }

  async down(): Promise<void> {
    throw new Error("There is no way back: restore the backup.");
  }
}
