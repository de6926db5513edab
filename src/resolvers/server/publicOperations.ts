import {
  getOperationAST,
  Kind,
  valueFromASTUntyped,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type SelectionSetNode,
} from "graphql";
import { LIMITS } from "../cost/limits.ts";

const BEFORE_LOGIN = new Set(["login", "refreshToken", "logout"]);

interface Operation {
  document: DocumentNode;
  operationName?: string | null | undefined;
  variables?: Record<string, unknown> | null | undefined;
}

/**
 * Whether an operation is answered without log-in: `__typename`, logging in and out, and the question after a type that
 * does not exist, whose answer tells nothing (probes of GraphQL over HTTP ask it). Everything else needs a caller.
 */
export function isPublic(schema: GraphQLSchema, { document, operationName, variables }: Operation): boolean {
  if ((document.tokenCount ?? 0) > LIMITS.anonymousTokens) return false;
  const operation = getOperationAST(document, operationName);
  if (!operation || operation.operation === "subscription") return false;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  const allowed = ({ name, arguments: given = [] }: FieldNode): boolean => {
    if (operation.operation === "mutation") return name.value === "__typename" || BEFORE_LOGIN.has(name.value);
    if (name.value !== "__type") return name.value === "__typename";
    const argument = given.find((node) => node.name.value === "name");
    const asked = argument && valueFromASTUntyped(argument.value, variables);
    return typeof asked === "string" && schema.getType(asked) === undefined;
  };
  return rootFields(operation.selectionSet, fragments, new Set()).every(allowed);
}

function rootFields(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  seen: Set<string>,
): FieldNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT) return rootFields(selection.selectionSet, fragments, seen);
    const fragment = seen.has(selection.name.value) ? undefined : fragments.get(selection.name.value);
    seen.add(selection.name.value);
    return fragment ? rootFields(fragment.selectionSet, fragments, seen) : [];
  });
}
