import { readFileSync } from "node:fs";
import { undescribed } from "./schemaRules.ts";

/** Says what of schema/engine.graphql breaks a rule. */

const current = readFileSync(new URL("../schema/engine.graphql", import.meta.url), "utf8");

const complain = (title: string, lines: readonly string[]): void => {
  if (lines.length === 0) return;
  console.error([title, ...lines.map((line) => `  ${line}`)].join("\n"));
  process.exitCode = 1;
};
complain("Without a description in schema/engine.graphql:", undescribed(current));
