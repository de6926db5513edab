/** The dashboard's types, generated from the public schema: written, or with `--check` only compared. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const file = join(import.meta.dirname, "../web/src/graphql/env.d.ts");
const before = readFileSync(file, "utf8");
const { status } = spawnSync("gql.tada", ["generate-output", "--tsconfig", "web/tsconfig.json"], {
  stdio: ["ignore", "ignore", "inherit"],
});
if (status !== 0) process.exit(1);
const current = readFileSync(file, "utf8") === before;
if (process.argv.includes("--check") && !current) {
  writeFileSync(file, before);
  console.error("web/src/graphql/env.d.ts is not current: run `npm run schema`.");
  process.exit(1);
}
