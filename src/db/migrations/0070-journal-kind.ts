import type { MigrationInterface, QueryRunner } from "typeorm";
import { createIndex } from "./portable.ts";

/** Written by `npm run migration`. */
export class JournalKind1795782768628 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createIndex(runner, "journal_change", { name: "ix_journal_change_kind", columnNames: ["kind", "cursor"] });
  }

  async down(): Promise<void> {
    throw new Error("There is no way back: restore the backup.");
  }
}
