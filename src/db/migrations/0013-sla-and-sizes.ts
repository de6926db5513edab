import type { MigrationInterface, QueryRunner } from "typeorm";
import { addColumn, addForeignKey, createIndex, createTable } from "./portable.ts";

/** Written by `npm run migration`. */
export class SlaAndSizes1795780309066 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: "mac_pool",
      columns: [
        { name: "id", type: "varchar", length: "36", isPrimary: true },
        { name: "version", type: "integer" },
        { name: "name", type: "varchar", length: "255" },
        { name: "ranges", type: "simple-json" },
        { name: "defaultPool", type: "boolean" },
        { name: "description", type: "varchar", length: "255" },
        { name: "comment", type: "varchar", length: "255" },
      ],
      indices: [{ name: "uq_mac_pool_name", columnNames: ["name"], isUnique: true }],
      foreignKeys: [],
    });
    await addColumn(runner, "cluster", { name: "macPoolId", type: "varchar", length: "36", isNullable: true });
    await createIndex(runner, "cluster", { name: "ix_cluster_macPoolId", columnNames: ["macPoolId"] });
    await addForeignKey(runner, "cluster", {
      name: "fk_cluster_macPoolId",
      columnNames: ["macPoolId"],
      referencedTableName: "mac_pool",
      referencedColumnNames: ["id"],
      onDelete: "NO ACTION",
      onUpdate: "NO ACTION",
    });
    await createTable(runner, {
      name: "instance_type",
      columns: [
        { name: "id", type: "varchar", length: "36", isPrimary: true },
        { name: "version", type: "integer" },
        { name: "name", type: "varchar", length: "255" },
        { name: "description", type: "varchar", length: "255" },
        { name: "comment", type: "varchar", length: "255" },
        { name: "memory", type: "bigint" },
        { name: "memoryPolicy", type: "simple-json" },
        { name: "cpu", type: "simple-json" },
        { name: "cpuPinningPolicy", type: "varchar", length: "40" },
        { name: "cpuShares", type: "integer", isNullable: true },
        { name: "display", type: "simple-json" },
        { name: "console", type: "simple-json" },
        { name: "usb", type: "simple-json", isNullable: true },
        { name: "soundcardEnabled", type: "boolean" },
        { name: "rngDevice", type: "simple-json", isNullable: true },
        { name: "watchdog", type: "simple-json", isNullable: true },
        { name: "virtioScsi", type: "simple-json" },
        { name: "virtioScsiMultiQueuesEnabled", type: "boolean" },
        { name: "virtioScsiMultiQueues", type: "integer", isNullable: true },
        { name: "multiQueuesEnabled", type: "boolean" },
        { name: "io", type: "simple-json" },
        { name: "highAvailability", type: "simple-json" },
        { name: "migration", type: "simple-json", isNullable: true },
        { name: "migrationDowntime", type: "integer", isNullable: true },
      ],
      indices: [{ name: "uq_instance_type_name", columnNames: ["name"], isUnique: true }],
      foreignKeys: [],
    });
    await createTable(runner, {
      name: "qos",
      columns: [
        { name: "id", type: "varchar", length: "36", isPrimary: true },
        { name: "version", type: "integer" },
        { name: "name", type: "varchar", length: "255" },
        { name: "dataCenterId", type: "varchar", length: "36" },
        { name: "type", type: "varchar", length: "40" },
        { name: "maxThroughput", type: "integer", isNullable: true },
        { name: "maxReadThroughput", type: "integer", isNullable: true },
        { name: "maxWriteThroughput", type: "integer", isNullable: true },
        { name: "maxIops", type: "integer", isNullable: true },
        { name: "maxReadIops", type: "integer", isNullable: true },
        { name: "maxWriteIops", type: "integer", isNullable: true },
        { name: "cpuLimit", type: "integer", isNullable: true },
        { name: "inboundAverage", type: "integer", isNullable: true },
        { name: "inboundPeak", type: "integer", isNullable: true },
        { name: "inboundBurst", type: "integer", isNullable: true },
        { name: "outboundAverage", type: "integer", isNullable: true },
        { name: "outboundPeak", type: "integer", isNullable: true },
        { name: "outboundBurst", type: "integer", isNullable: true },
        { name: "outboundAverageLinkshare", type: "integer", isNullable: true },
        { name: "outboundAverageUpperlimit", type: "integer", isNullable: true },
        { name: "outboundAverageRealtime", type: "integer", isNullable: true },
        { name: "description", type: "varchar", length: "255" },
        { name: "comment", type: "varchar", length: "255" },
      ],
      indices: [
        { name: "ix_qos_dataCenterId", columnNames: ["dataCenterId"] },
        { name: "uq_qos_name", columnNames: ["dataCenterId", "name"], isUnique: true },
      ],
      foreignKeys: [
        {
          name: "fk_qos_dataCenterId",
          columnNames: ["dataCenterId"],
          referencedTableName: "data_center",
          referencedColumnNames: ["id"],
          onDelete: "NO ACTION",
          onUpdate: "NO ACTION",
        },
      ],
    });
    await createTable(runner, {
      name: "cpu_profile",
      columns: [
        { name: "id", type: "varchar", length: "36", isPrimary: true },
        { name: "version", type: "integer" },
        { name: "name", type: "varchar", length: "255" },
        { name: "clusterId", type: "varchar", length: "36" },
        { name: "qosId", type: "varchar", length: "36", isNullable: true },
        { name: "description", type: "varchar", length: "255" },
        { name: "comment", type: "varchar", length: "255" },
      ],
      indices: [
        { name: "ix_cpu_profile_clusterId", columnNames: ["clusterId"] },
        { name: "ix_cpu_profile_qosId", columnNames: ["qosId"] },
        { name: "uq_cpu_profile_name", columnNames: ["clusterId", "name"], isUnique: true },
      ],
      foreignKeys: [
        {
          name: "fk_cpu_profile_clusterId",
          columnNames: ["clusterId"],
          referencedTableName: "cluster",
          referencedColumnNames: ["id"],
          onDelete: "NO ACTION",
          onUpdate: "NO ACTION",
        },
        {
          name: "fk_cpu_profile_qosId",
          columnNames: ["qosId"],
          referencedTableName: "qos",
          referencedColumnNames: ["id"],
          onDelete: "NO ACTION",
          onUpdate: "NO ACTION",
        },
      ],
    });
    await addColumn(runner, "vm", { name: "instanceTypeId", type: "varchar", length: "36", isNullable: true });
    await addColumn(runner, "vm", { name: "cpuProfileId", type: "varchar", length: "36", isNullable: true });
    await createIndex(runner, "vm", { name: "ix_vm_instanceTypeId", columnNames: ["instanceTypeId"] });
    await createIndex(runner, "vm", { name: "ix_vm_cpuProfileId", columnNames: ["cpuProfileId"] });
    await addForeignKey(runner, "vm", {
      name: "fk_vm_instanceTypeId",
      columnNames: ["instanceTypeId"],
      referencedTableName: "instance_type",
      referencedColumnNames: ["id"],
      onDelete: "NO ACTION",
      onUpdate: "NO ACTION",
    });
    await addForeignKey(runner, "vm", {
      name: "fk_vm_cpuProfileId",
      columnNames: ["cpuProfileId"],
      referencedTableName: "cpu_profile",
      referencedColumnNames: ["id"],
      onDelete: "NO ACTION",
      onUpdate: "NO ACTION",
    });
    await createTable(runner, {
      name: "affinity_group",
      columns: [
        { name: "id", type: "varchar", length: "36", isPrimary: true },
        { name: "version", type: "integer" },
        { name: "name", type: "varchar", length: "255" },
        { name: "clusterId", type: "varchar", length: "36" },
        { name: "priority", type: "integer" },
        { name: "vmsRule", type: "simple-json" },
        { name: "hostsRule", type: "simple-json" },
        { name: "vmIds", type: "simple-json" },
        { name: "hostIds", type: "simple-json" },
        { name: "description", type: "varchar", length: "255" },
        { name: "comment", type: "varchar", length: "255" },
      ],
      indices: [
        { name: "ix_affinity_group_clusterId", columnNames: ["clusterId"] },
        { name: "uq_affinity_group_name", columnNames: ["clusterId", "name"], isUnique: true },
      ],
      foreignKeys: [
        {
          name: "fk_affinity_group_clusterId",
          columnNames: ["clusterId"],
          referencedTableName: "cluster",
          referencedColumnNames: ["id"],
          onDelete: "NO ACTION",
          onUpdate: "NO ACTION",
        },
      ],
    });
    await createTable(runner, {
      name: "affinity_label",
      columns: [
        { name: "id", type: "varchar", length: "36", isPrimary: true },
        { name: "version", type: "integer" },
        { name: "name", type: "varchar", length: "255" },
        { name: "vmIds", type: "simple-json" },
        { name: "hostIds", type: "simple-json" },
        { name: "description", type: "varchar", length: "255" },
        { name: "comment", type: "varchar", length: "255" },
      ],
      indices: [{ name: "uq_affinity_label_name", columnNames: ["name"], isUnique: true }],
      foreignKeys: [],
    });
    await createTable(runner, {
      name: "disk_profile",
      columns: [
        { name: "id", type: "varchar", length: "36", isPrimary: true },
        { name: "version", type: "integer" },
        { name: "name", type: "varchar", length: "255" },
        { name: "storageDomainId", type: "varchar", length: "36" },
        { name: "qosId", type: "varchar", length: "36", isNullable: true },
        { name: "description", type: "varchar", length: "255" },
        { name: "comment", type: "varchar", length: "255" },
      ],
      indices: [
        { name: "ix_disk_profile_storageDomainId", columnNames: ["storageDomainId"] },
        { name: "ix_disk_profile_qosId", columnNames: ["qosId"] },
        { name: "uq_disk_profile_name", columnNames: ["storageDomainId", "name"], isUnique: true },
      ],
      foreignKeys: [
        {
          name: "fk_disk_profile_storageDomainId",
          columnNames: ["storageDomainId"],
          referencedTableName: "storage_domain",
          referencedColumnNames: ["id"],
          onDelete: "NO ACTION",
          onUpdate: "NO ACTION",
        },
        {
          name: "fk_disk_profile_qosId",
          columnNames: ["qosId"],
          referencedTableName: "qos",
          referencedColumnNames: ["id"],
          onDelete: "NO ACTION",
          onUpdate: "NO ACTION",
        },
      ],
    });
    await addColumn(runner, "disk", { name: "diskProfileId", type: "varchar", length: "36", isNullable: true });
    await createIndex(runner, "disk", { name: "ix_disk_diskProfileId", columnNames: ["diskProfileId"] });
    await addForeignKey(runner, "disk", {
      name: "fk_disk_diskProfileId",
      columnNames: ["diskProfileId"],
      referencedTableName: "disk_profile",
      referencedColumnNames: ["id"],
      onDelete: "NO ACTION",
      onUpdate: "NO ACTION",
    });
    await addColumn(runner, "vnic_profile", { name: "qosId", type: "varchar", length: "36", isNullable: true });
    await createIndex(runner, "vnic_profile", { name: "ix_vnic_profile_qosId", columnNames: ["qosId"] });
    await addForeignKey(runner, "vnic_profile", {
      name: "fk_vnic_profile_qosId",
      columnNames: ["qosId"],
      referencedTableName: "qos",
      referencedColumnNames: ["id"],
      onDelete: "NO ACTION",
      onUpdate: "NO ACTION",
    });
  }

  async down(): Promise<void> {
    throw new Error("There is no way back: restore the backup.");
  }
}
