import type { MigrationInterface, QueryRunner } from "typeorm";
import { addColumn } from "./portable.ts";

/** Written by `npm run migration`. */
export class JournalParts1795677423632 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await addColumn(runner, "journal_change", { name: "part", type: "boolean", isNullable: true });
  }

  async down(): Promise<void> {
    throw new Error("There is no way back: restore the backup.");
  }
}
