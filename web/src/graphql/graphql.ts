import { initGraphQLTada } from "gql.tada";
import type { introspection } from "./env.d.ts";

/** Reads a GraphQL document: its result and variables are typed from the public schema. */
export const graphql = initGraphQLTada<{
  introspection: introspection;
  disableMasking: true;
  scalars: { SafeInt: number; DateTimeISO: string; Cursor: string };
}>();

export type { ResultOf, TadaDocumentNode } from "gql.tada";
