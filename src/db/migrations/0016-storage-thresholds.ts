import type { MigrationInterface, QueryRunner } from "typeorm";
import { addColumn } from "./portable.ts";

/** Written by `npm run migration`. */
export class StorageThresholds1795783077798 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await addColumn(runner, "storage_domain", { name: "warningLowSpaceIndicator", type: "integer" }, 10);
    await addColumn(runner, "storage_domain", { name: "criticalSpaceActionBlocker", type: "integer" }, 5);
    await addColumn(runner, "disk", { name: "propagateErrors", type: "boolean" }, false);
    await addColumn(runner, "disk_attachment", { name: "passDiscard", type: "boolean" }, true);
  }

  async down(): Promise<void> {
    throw new Error("There is no way back: restore the backup.");
  }
}
