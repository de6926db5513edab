/**
 * `npm run migration -- NAME`: writes the migration from what the committed ones make to what the declarations say, to be reviewed
 * and committed. With `--check` it only fails when there is such a difference. What it cannot write by itself (a column that
 * changes or goes) it names: such a migration is written by hand.
 */
import "reflect-metadata";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import type { DataSource, EntityMetadata, Table } from "typeorm";
import { openDatabase, openDataSource } from "../src/db/database.ts";
import { declarations } from "../src/domain/noun/declaration.ts";

const FOLDER = new URL("../src/db/migrations/", import.meta.url).pathname;
const INDEX = join(FOLDER, "index.ts");

/** A schema as the committed migrations make it, and what they lack. */
async function withMigrated<T>(work: (source: DataSource) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "overt-migration-"));
  const url = `sqlite:${join(folder, "overt.db")}`;
  await (await openDatabase(url)).close();
  const source = await openDataSource(url);
  try {
    return await work(source);
  } finally {
    await source.destroy();
    rmSync(folder, { recursive: true });
  }
}

type Step = [call: "createTable" | "addColumn" | "createIndex" | "addForeignKey", ...args: unknown[]];

const columnOf = ({ propertyName, type, length, precision, isPrimary, isNullable }: EntityMetadata["columns"][number]) => ({
  name: propertyName,
  type,
  ...(length && { length }),
  ...(precision !== undefined && { precision }),
  ...(isPrimary && { isPrimary }),
  ...(isNullable && { isNullable }),
});
const indexOf = ({ name, columns, isUnique }: EntityMetadata["indices"][number]) => ({
  name,
  columnNames: columns.map(({ propertyName }) => propertyName),
  ...(isUnique && { isUnique }),
});
const keyOf = ({ name, columnNames, referencedEntityMetadata, onDelete, onUpdate }: EntityMetadata["foreignKeys"][number]) => ({
  name,
  columnNames,
  referencedTableName: referencedEntityMetadata.tableName,
  referencedColumnNames: ["id"],
  onDelete,
  onUpdate,
});

/** In an order in which the foreign keys resolve: as in `createTable`s of a database that has none of them yet. */
function inOrder(metadatas: readonly EntityMetadata[]): EntityMetadata[] {
  const placed = new Set<EntityMetadata>();
  const place = (metadata: EntityMetadata) => {
    if (placed.has(metadata)) return;
    for (const { referencedEntityMetadata } of metadata.foreignKeys)
      if (referencedEntityMetadata !== metadata) place(referencedEntityMetadata);
    placed.add(metadata);
  };
  for (const metadata of metadatas) place(metadata);
  return [...placed];
}

async function stepsOf(source: DataSource): Promise<Step[]> {
  const runner = source.createQueryRunner();
  const tables = await runner.getTables(source.entityMetadatas.map(({ tableName }) => tableName));
  await runner.release();
  return inOrder(source.entityMetadatas).flatMap((metadata) => {
    const table = tables.find(({ name }) => name === metadata.tableName);
    return table ? stepsOfTable(metadata, table) : [wholeTable(metadata)];
  });
}

const wholeTable = ({ tableName, columns, indices, foreignKeys }: EntityMetadata): Step => [
  "createTable",
  { name: tableName, columns: columns.map(columnOf), indices: indices.map(indexOf), foreignKeys: foreignKeys.map(keyOf) },
];

function stepsOfTable({ tableName, columns, indices, foreignKeys }: EntityMetadata, table: Table): Step[] {
  const isNew = (there: readonly { name?: string | undefined }[]) => (wanted: { name: string }) =>
    !there.some(({ name }) => name === wanted.name);
  return [
    ...columns
      .map(columnOf)
      .filter(isNew(table.columns))
      .map((column): Step => ["addColumn", tableName, column, ...valueOf(tableName, column)]),
    ...indices
      .map(indexOf)
      .filter(isNew(table.indices))
      .map((index): Step => ["createIndex", tableName, index]),
    ...foreignKeys
      .map(keyOf)
      .filter(isNew(table.foreignKeys))
      .map((key): Step => ["addForeignKey", tableName, key]),
  ];
}

/** What rows that are there get: the default of the declaration. */
function valueOf(tableName: string, { name, type, isNullable }: ReturnType<typeof columnOf>): unknown[] {
  const noun = declarations().find(({ table }) => table === tableName);
  const value = noun?.columns.find((column) => column.name === name)?.default;
  if (isNullable && (value === undefined || value === null || typeof value === "function")) return [];
  if (value === undefined || typeof value === "function")
    throw new Error(`${tableName}.${name}: say by \`default\` what rows that are there get.`);
  return [type === "simple-json" ? JSON.stringify(value) : value];
}

async function write(name: string, steps: readonly Step[]): Promise<string> {
  const number = String(Math.max(...readdirSync(FOLDER).map((file) => Number.parseInt(file, 10) || 0)) + 1).padStart(4, "0");
  const file = `${number}-${name}.ts`;
  const className = `${name.replaceAll(/(?:^|-)([a-z])/g, (_match, letter: string) => letter.toUpperCase())}${Date.now()}`;
  const calls = steps.map(([call, ...args]) => `await ${call}(runner, ${args.map((arg) => JSON.stringify(arg)).join(", ")});`);
  await save(
    join(FOLDER, file),
    `import type { MigrationInterface, QueryRunner } from "typeorm";
    import { ${[...new Set(steps.map(([call]) => call))].toSorted().join(", ")} } from "./portable.ts";

    /** Written by \`npm run migration\`. */
    export class ${className} implements MigrationInterface {
      async up(runner: QueryRunner): Promise<void> {
        ${calls.join("\n")}
      }

      async down(): Promise<void> {
        throw new Error("There is no way back: restore the backup.");
      }
    }`,
  );
  const index = readFileSync(INDEX, "utf8");
  await save(
    INDEX,
    index.replace(/(?=\n\/\*\*)/, `import { ${className} } from "./${file}";\n`).replace(/(?=,?\s*\];\s*$)/, `, ${className}`),
  );
  return file;
}

async function save(path: string, source: string): Promise<void> {
  writeFileSync(path, await format(source, { ...(await resolveConfig(path)), parser: "typescript" }));
}

const name = process.argv.slice(2).find((argument) => !argument.startsWith("--"));
await withMigrated(async (source) => {
  const drift = (await source.driver.createSchemaBuilder().log()).upQueries.map(({ query }) => query);
  if (drift.length === 0) return console.log("The migrations make what the declarations say.");
  const steps = await stepsOf(source);
  if (process.argv.includes("--check"))
    console.error(
      `The migrations do not make what the declarations say: run \`npm run migration -- NAME\`.\n${JSON.stringify(steps, null, 2)}`,
    );
  else if (steps.length === 0) console.error(`To be written by hand, because something changes or goes:\n${drift.join("\n")}`);
  else if (!name) console.error("Give the migration a name: `npm run migration -- tags`.");
  else return console.log(`src/db/migrations/${await write(name, steps)}: read it, run the specs of the database, commit it.`);
  process.exitCode = 1;
});
