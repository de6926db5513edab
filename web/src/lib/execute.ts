import { Client, fetchExchange, type AnyVariables } from "@urql/svelte";
import type { TadaDocumentNode } from "../graphql/graphql.ts";
import { failureOf, offline } from "./failure.ts";

let headers: Record<string, string> = {};

/** The access token of every later request; null = none. It lives in this page's memory only. */
export function authorizeWith(token: string | null): void {
  headers = token ? { authorization: `Bearer ${token}` } : {};
}

const client = new Client({
  url: "/graphql",
  exchanges: [fetchExchange],
  requestPolicy: "network-only",
  preferGetMethod: false,
  fetchOptions: () => ({ credentials: "same-origin", headers }),
});

export interface Answer<Data> {
  data: Data;
  /** Journal place of the moment that was read; follow `changes` from here. */
  asOf: string | null;
}

/** One query or mutation over HTTP, as it is now authorized. Throws Failure. */
export async function execute<Data, Variables extends AnyVariables>(
  document: TadaDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Answer<Data>> {
  const result = isMutation(document) ? await client.mutation(document, variables) : await client.query(document, variables);
  if (result.error) throw result.error.networkError ? offline() : failureOf(result.error.graphQLErrors);
  const asOf: unknown = result.extensions?.asOf;
  return { data: result.data as Data, asOf: asOf === undefined || asOf === null ? null : String(asOf as string | number) };
}

function isMutation({ definitions }: Pick<TadaDocumentNode, "definitions">): boolean {
  return definitions.some((definition) => "operation" in definition && definition.operation === "mutation");
}
