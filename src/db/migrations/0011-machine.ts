import type { MigrationInterface, QueryRunner } from "typeorm";
import { addColumn } from "./portable.ts";

/** Written by `npm run migration`. */
export class Machine1795778956963 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await addColumn(runner, "template", { name: "type", type: "varchar", length: "40" }, "SERVER");
    await addColumn(runner, "template", { name: "memoryPolicy", type: "simple-json" }, '{"guaranteed":1073741824,"ballooning":true}');
    await addColumn(runner, "template", { name: "cpuPinningPolicy", type: "varchar", length: "40" }, "NONE");
    await addColumn(runner, "template", { name: "customCpuModel", type: "varchar", length: "255", isNullable: true });
    await addColumn(runner, "template", { name: "customEmulatedMachine", type: "varchar", length: "255", isNullable: true });
    await addColumn(runner, "template", { name: "timeZone", type: "simple-json", isNullable: true });
    await addColumn(runner, "template", { name: "serialNumber", type: "simple-json", isNullable: true });
    await addColumn(runner, "template", { name: "console", type: "simple-json" }, '{"enabled":true}');
    await addColumn(runner, "template", { name: "usb", type: "simple-json", isNullable: true });
    await addColumn(runner, "template", { name: "soundcardEnabled", type: "boolean" }, false);
    await addColumn(runner, "template", { name: "rngDevice", type: "simple-json", isNullable: true }, '{"source":"URANDOM"}');
    await addColumn(runner, "template", { name: "watchdog", type: "simple-json", isNullable: true });
    await addColumn(runner, "template", { name: "virtioScsi", type: "simple-json" }, '{"enabled":true}');
    await addColumn(runner, "template", { name: "virtioScsiMultiQueuesEnabled", type: "boolean" }, false);
    await addColumn(runner, "template", { name: "virtioScsiMultiQueues", type: "integer", isNullable: true });
    await addColumn(runner, "template", { name: "multiQueuesEnabled", type: "boolean" }, false);
    await addColumn(runner, "template", { name: "io", type: "simple-json" }, '{"threads":0}');
    await addColumn(runner, "template", { name: "customProperties", type: "simple-json" }, "[]");
    await addColumn(runner, "template", { name: "highAvailability", type: "simple-json" }, '{"enabled":false,"priority":1}');
    await addColumn(runner, "template", { name: "placementPolicy", type: "simple-json" }, '{"affinity":"MIGRATABLE"}');
    await addColumn(runner, "template", { name: "startPaused", type: "boolean" }, false);
    await addColumn(runner, "template", { name: "migration", type: "simple-json", isNullable: true });
    await addColumn(runner, "template", { name: "migrationDowntime", type: "integer", isNullable: true });
    await addColumn(runner, "template", { name: "deleteProtected", type: "boolean" }, false);
    await addColumn(runner, "vm", { name: "placementHostIds", type: "simple-json" }, "[]");
    await addColumn(runner, "vm", { name: "cpuPinningPolicy", type: "varchar", length: "40" }, "NONE");
    await addColumn(runner, "vm", { name: "timeZone", type: "simple-json", isNullable: true });
    await addColumn(runner, "vm", { name: "serialNumber", type: "simple-json", isNullable: true });
    await addColumn(runner, "vm", { name: "usb", type: "simple-json", isNullable: true });
    await addColumn(runner, "vm", { name: "soundcardEnabled", type: "boolean" }, false);
    await addColumn(runner, "vm", { name: "watchdog", type: "simple-json", isNullable: true });
    await addColumn(runner, "vm", { name: "virtioScsi", type: "simple-json" }, '{"enabled":true}');
    await addColumn(runner, "vm", { name: "virtioScsiMultiQueuesEnabled", type: "boolean" }, false);
    await addColumn(runner, "vm", { name: "virtioScsiMultiQueues", type: "integer", isNullable: true });
    await addColumn(runner, "vm", { name: "multiQueuesEnabled", type: "boolean" }, false);
    await addColumn(runner, "vm", { name: "io", type: "simple-json" }, '{"threads":0}');
    await addColumn(runner, "vm", { name: "customProperties", type: "simple-json" }, "[]");
    await addColumn(runner, "vm", { name: "highAvailability", type: "simple-json" }, '{"enabled":false,"priority":1}');
    await addColumn(runner, "vm", { name: "placementPolicy", type: "simple-json" }, '{"affinity":"MIGRATABLE"}');
    await addColumn(runner, "vm", { name: "startPaused", type: "boolean" }, false);
  }

  async down(): Promise<void> {
    throw new Error("There is no way back: restore the backup.");
  }
}
