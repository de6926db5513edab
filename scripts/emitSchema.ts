import "reflect-metadata";
import { readFile, writeFile } from "node:fs/promises";
import { printSchemaWithDirectives } from "@graphql-tools/utils";
import { lexicographicSortSchema } from "graphql";
import { format, resolveConfig } from "prettier";
import { buildAppSchema } from "../src/resolvers/schema.ts";
import { coverageMap } from "./coverageMap.ts";
import { nounOverview } from "./nounOverview.ts";

/** Writes what is derived: the public schema as SDL, the overview of the nouns, and oVirt's names for what they have. With `--check` it fails when a committed file is not current. */
const emitted = {
  "engine.graphql": printSchemaWithDirectives(lexicographicSortSchema(await buildAppSchema())),
  "nouns.md": nounOverview(),
  "ovirt-map.json": coverageMap(),
};
for (const [name, text] of Object.entries(emitted)) {
  const file = new URL(`../schema/${name}`, import.meta.url).pathname;
  const current = await format(text, { ...(await resolveConfig(file)), filepath: file });
  if (!process.argv.includes("--check")) await writeFile(file, current);
  else if ((await readFile(file, "utf8").catch(() => "")) !== current) {
    console.error(`schema/${name} is not current: run \`npm run schema\`.`);
    process.exitCode = 1;
  }
}
