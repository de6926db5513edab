import type { MigrationInterface, QueryRunner, TableColumnOptions } from "typeorm";
import { addColumn } from "./portable.ts";

const columns: [table: string, column: TableColumnOptions][] = [
  ["host", { name: "certificate", type: "simple-json", isNullable: true }],
  ["host", { name: "certificateNotice", type: "varchar", length: "40", isNullable: true }],
  ["host_certificate", { name: "issuedAt", type: "datetime", precision: 3, isNullable: true }],
];

/** Hosts show their certificate and what was told of its end; of two certificates it is known which is the newer. */
export class HostCertificates1764000100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [table, column] of columns) await addColumn(runner, table, column);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [table, { name }] of columns.toReversed()) await runner.dropColumn(table, name);
  }
}
