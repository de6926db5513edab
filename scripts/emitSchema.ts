import "reflect-metadata";
import { readFile, writeFile } from "node:fs/promises";
import { printSchemaWithDirectives } from "@graphql-tools/utils";
import { lexicographicSortSchema } from "graphql";
import { format, resolveConfig } from "prettier";
import { buildAppSchema } from "../src/resolvers/schema.ts";

/** Writes the public schema as SDL; with `--check` it fails when the committed file is not current. */
const FILE = new URL("../schema/engine.graphql", import.meta.url).pathname;

const printed = printSchemaWithDirectives(lexicographicSortSchema(await buildAppSchema()));
const sdl = await format(printed, { ...(await resolveConfig(FILE)), parser: "graphql" });
if (!process.argv.includes("--check")) await writeFile(FILE, sdl);
else if ((await readFile(FILE, "utf8").catch(() => "")) !== sdl) {
  console.error("schema/engine.graphql is not current: run `npm run schema`.");
  process.exitCode = 1;
}
