import type { AnyVariables } from "@urql/svelte";
import type { TadaDocumentNode } from "../graphql/graphql.ts";
import { execute, type Answer } from "./execute.ts";
import { isFailure } from "./failure.ts";
import { accessToken, distrustToken } from "./session.svelte.ts";

/** One query or mutation of the logged-in user. A token that was refused is renewed once. Throws Failure. */
export async function request<Data, Variables extends AnyVariables>(
  document: TadaDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Answer<Data>> {
  await accessToken();
  try {
    return await execute(document, variables);
  } catch (error) {
    if (!isFailure(error, "UNAUTHENTICATED")) throw error;
    distrustToken();
    await accessToken();
    return execute(document, variables);
  }
}
