import type { MigrationInterface, QueryRunner } from "typeorm";
import { addColumn } from "./portable.ts";

/** Written by `npm run migration`. */
export class HighAvailability1795779533417 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await addColumn(runner, "vm", { name: "restartAttempts", type: "integer" }, 0);
    await addColumn(runner, "vm", { name: "restartAt", type: "datetime", precision: 3, isNullable: true });
  }

  async down(): Promise<void> {
    throw new Error("There is no way back: restore the backup.");
  }
}
