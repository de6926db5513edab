import { readFileSync } from "node:fs";
import { badDeprecations, breakingChanges, undescribed } from "./schemaRules.ts";

/** Says what of schema/engine.graphql breaks a rule. */

const read = (name: string) => readFileSync(new URL(`../schema/${name}.graphql`, import.meta.url), "utf8");
const current = read("engine");

const complain = (title: string, lines: readonly string[]): void => {
  if (lines.length === 0) return;
  console.error([title, ...lines.map((line) => `  ${line}`)].join("\n"));
  process.exitCode = 1;
};
complain("Without a description in schema/engine.graphql:", undescribed(current));
complain("Deprecated without a way out:", badDeprecations(current));
const today = new Date().toISOString().slice(0, 10);
complain("Breaks clients of the release before (docs/schema-changes.md):", breakingChanges(read("released/engine"), current, today));
