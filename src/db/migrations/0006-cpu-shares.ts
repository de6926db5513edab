import type { MigrationInterface, QueryRunner } from "typeorm";
import { addColumn } from "./portable.ts";

/** Written by `npm run migration`. */
export class CpuShares1795676178811 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await addColumn(runner, "template", { name: "cpuShares", type: "integer", isNullable: true });
    await addColumn(runner, "vm", { name: "cpuShares", type: "integer", isNullable: true });
  }

  async down(): Promise<void> {
    throw new Error("There is no way back: restore the backup.");
  }
}
