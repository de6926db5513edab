import { readFileSync } from "node:fs";
import { buildSchema } from "graphql";

/** The public schema as it is committed; `npm run check` says that it is current. */
export const publicSchema = buildSchema(readFileSync(new URL("../../schema/engine.graphql", import.meta.url), "utf8"));
