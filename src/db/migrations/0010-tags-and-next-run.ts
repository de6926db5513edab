import type { MigrationInterface, QueryRunner } from "typeorm";
import { addColumn } from "./portable.ts";

/** Written by `npm run migration`. */
export class TagsAndNextRun1795777444935 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await addColumn(runner, "user", { name: "tagIds", type: "simple-json" }, "[]");
    await addColumn(runner, "host", { name: "tagIds", type: "simple-json" }, "[]");
    await addColumn(runner, "template", { name: "tagIds", type: "simple-json" }, "[]");
    await addColumn(runner, "template", { name: "display", type: "simple-json" }, '{"type":"VNC"}');
    await addColumn(runner, "vm", { name: "displayAddress", type: "varchar", length: "255", isNullable: true });
    await addColumn(runner, "vm", { name: "displayPort", type: "integer", isNullable: true });
    await addColumn(runner, "vm", { name: "tagIds", type: "simple-json" }, "[]");
    await addColumn(runner, "vm", { name: "nextRunValues", type: "simple-json", isNullable: true });
  }

  async down(): Promise<void> {
    throw new Error("There is no way back: restore the backup.");
  }
}
