import { TableIndex, type MigrationInterface, type QueryRunner, type TableColumnOptions, type TableOptions } from "typeorm";
import { addColumn, createTable } from "./portable.ts";

const id = (name: string, more: Partial<TableColumnOptions> = {}): TableColumnOptions => ({ name, type: "varchar", length: "36", ...more });
const instant = (name: string, more: Partial<TableColumnOptions> = {}): TableColumnOptions => ({
  name,
  type: "datetime",
  precision: 3,
  ...more,
});
const tables: TableOptions[] = [
  {
    name: "claim",
    columns: [id("objectId", { isPrimary: true }), { name: "cursor", type: "bigint" }, id("holder")],
  },
  {
    name: "engine",
    columns: [id("id", { isPrimary: true }), { name: "seenAt", type: "bigint" }, { name: "leaseUntil", type: "bigint" }],
  },
  {
    name: "host_presence",
    columns: [id("hostId", { isPrimary: true }), id("engineId"), { name: "linked", type: "boolean" }, { name: "seenAt", type: "bigint" }],
    indices: [{ name: "ix_host_presence_engineId", columnNames: ["engineId"] }],
  },
  {
    name: "job_run",
    columns: [
      id("jobId", { isPrimary: true }),
      id("runner", { isNullable: true }),
      { name: "fence", type: "integer" },
      id("wanted", { isNullable: true }),
      { name: "progress", type: "double" },
      { name: "cancellable", type: "boolean" },
      instant("lastUpdated"),
    ],
    indices: [{ name: "ix_job_run_runner", columnNames: ["runner"] }],
  },
  {
    name: "step_run",
    columns: [
      id("jobId", { isPrimary: true }),
      { name: "number", type: "integer", isPrimary: true },
      { name: "attempts", type: "integer" },
      instant("startTime"),
      instant("retryAt", { isNullable: true }),
      { name: "progress", type: "double" },
      id("hostId", { isNullable: true }),
      { name: "answers", type: "simple-json", isNullable: true },
    ],
  },
];
const columns: [table: string, column: TableColumnOptions][] = [
  ["job", id("parentId", { isNullable: true })],
  ["job", { name: "parentKey", type: "varchar", length: "120", isNullable: true }],
  ["step", { name: "key", type: "varchar", length: "120", isNullable: true }],
  ["step", { name: "args", type: "simple-json", isNullable: true }],
  ["step", { name: "result", type: "simple-json", isNullable: true }],
  ["step", id("hostId", { isNullable: true })],
];
const gone: [table: string, column: string][] = [
  ["job", "runner"],
  ["job", "leaseUntil"],
  ["job", "fence"],
  ["step", "retryAt"],
];
const parentIndex = new TableIndex({ name: "uq_job_parent", columnNames: ["parentId", "parentKey"], isUnique: true });

/**
 * What passes of a running job is kept beside it, out of the journal. Jobs that run go on: who ran one has no lease any more, and
 * its fence grows from where it was. MariaDB commits each step by itself, so each looks whether it was done.
 */
export class Jobs1764100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables) await createTable(runner, table);
    for (const [table, column] of columns) await addColumn(runner, table, column);
    if (!(await runner.getTable("job"))!.indices.some(({ name }) => name === parentIndex.name))
      await runner.createIndex("job", parentIndex);
    if (await runner.hasColumn("job", "fence")) await moveRuns(runner);
    if (await runner.hasColumn("step", "retryAt")) await moveStepRuns(runner);
    // Those that are read above go last.
    for (const [table, column] of gone) if (await runner.hasColumn(table, column)) await runner.dropColumn(table, column);
  }

  async down(): Promise<void> {
    throw new Error("There is no way back: restore the backup.");
  }
}

async function moveRuns(runner: QueryRunner): Promise<void> {
  const [job, run] = [quoted(runner, "job"), quoted(runner, "job_run")];
  await runner.query(
    `INSERT INTO ${run} (${columnsOf(runner, ["jobId", "runner", "fence", "wanted", "progress", "cancellable", "lastUpdated"])})
     SELECT id, NULL, fence, NULL, progress, cancellable, ${quoted(runner, "lastUpdated")} FROM ${job}
     WHERE status = 'STARTED' AND id NOT IN (SELECT ${quoted(runner, "jobId")} FROM ${run})`,
  );
}

async function moveStepRuns(runner: QueryRunner): Promise<void> {
  const [step, run, jobId] = [quoted(runner, "step"), quoted(runner, "step_run"), quoted(runner, "jobId")];
  await runner.query(
    `INSERT INTO ${run} (${columnsOf(runner, ["jobId", "number", "attempts", "startTime", "retryAt", "progress", "hostId", "answers"])})
     SELECT ${columnsOf(runner, ["jobId", "number", "attempts", "startTime", "retryAt", "progress"])}, NULL, NULL FROM ${step}
     WHERE ${quoted(runner, "startTime")} IS NOT NULL AND ${jobId} IN (SELECT ${jobId} FROM ${quoted(runner, "job_run")})
       AND ${jobId} NOT IN (SELECT ${jobId} FROM (SELECT DISTINCT ${jobId} FROM ${run}) AS moved)`,
  );
}

const quoted = (runner: QueryRunner, name: string): string => runner.connection.driver.escape(name);
const columnsOf = (runner: QueryRunner, names: readonly string[]): string => names.map((name) => quoted(runner, name)).join(", ");
