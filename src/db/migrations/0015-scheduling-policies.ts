import type { MigrationInterface, QueryRunner } from "typeorm";
import { addColumn, addForeignKey, createIndex, createTable } from "./portable.ts";

/** Written by `npm run migration`. */
export class SchedulingPolicies1795782692161 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: "scheduling_policy",
      columns: [
        { name: "id", type: "varchar", length: "36", isPrimary: true },
        { name: "version", type: "integer" },
        { name: "name", type: "varchar", length: "255" },
        { name: "weights", type: "simple-json" },
        { name: "defaultPolicy", type: "boolean" },
        { name: "mutable", type: "boolean" },
        { name: "description", type: "varchar", length: "255" },
        { name: "comment", type: "varchar", length: "255" },
      ],
      indices: [{ name: "uq_scheduling_policy_name", columnNames: ["name"], isUnique: true }],
      foreignKeys: [],
    });
    await addColumn(runner, "cluster", { name: "schedulingPolicyId", type: "varchar", length: "36", isNullable: true });
    await addColumn(runner, "cluster", { name: "threadsAsCores", type: "boolean" }, true);
    await addColumn(runner, "cluster", { name: "maintenanceReasonRequired", type: "boolean" }, false);
    await addColumn(runner, "cluster", { name: "serialNumber", type: "simple-json", isNullable: true });
    await createIndex(runner, "cluster", { name: "ix_cluster_schedulingPolicyId", columnNames: ["schedulingPolicyId"] });
    await addForeignKey(runner, "cluster", {
      name: "fk_cluster_schedulingPolicyId",
      columnNames: ["schedulingPolicyId"],
      referencedTableName: "scheduling_policy",
      referencedColumnNames: ["id"],
      onDelete: "NO ACTION",
      onUpdate: "NO ACTION",
    });
  }

  async down(): Promise<void> {
    throw new Error("There is no way back: restore the backup.");
  }
}
