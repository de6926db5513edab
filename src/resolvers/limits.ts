import {
  getNamedType,
  getNullableType,
  GraphQLError,
  isListType,
  Kind,
  Lexer,
  Source,
  TokenKind,
  type ASTVisitor,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from "graphql";
import { fieldExtensionsEstimator, getComplexity, type ComplexityEstimator } from "graphql-query-complexity";
import { OvertError } from "../errors.ts";
import { DEFAULT_PAGE, MAX_PAGE } from "./connection.ts";

/** What one operation may ask for; the same over HTTP and over a WebSocket. */
export const LIMITS = {
  /** Bytes of a request. */
  body: 1024 * 1024,
  /** Validation takes time with their square. */
  tokens: 2_000,
  /** Before log-in. */
  anonymousTokens: 200,
  /** Fields within fields; introspection is not counted. */
  depth: 15,
  aliases: 100,
  /** Fields, each as often as it may be answered. */
  cost: 200_000,
  /** Fields in the document, fragments written out. */
  fields: 5_000,
} as const;

/** What is assumed of a list that is not a connection: NICs, disks, steps. */
const SMALL_LIST = 5;
const MUTATION_COST = 10;

const tooExpensive = (what: string, limit: number, code: string) =>
  new OvertError("TOO_EXPENSIVE", `The operation has ${what}; ${limit} are allowed.`, [{ code, message: String(limit) }]);
const located = (error: OvertError, node: OperationDefinitionNode | DocumentNode) =>
  new GraphQLError(error.message, { nodes: node, originalError: error });

/** Whether a text that could not be parsed was cut off by the limit on tokens. */
export function hasTooManyTokens(text: string): boolean {
  const lexer = new Lexer(new Source(text));
  try {
    for (let count = 0; lexer.advance().kind !== TokenKind.EOF; count++) if (count >= LIMITS.tokens) return true;
  } catch {
    return false;
  }
  return false;
}
export const tooManyTokens = (): OvertError => tooExpensive("too many tokens", LIMITS.tokens, "TOKENS");

/** Validation rule: depth and aliases. */
export const limitRule: ValidationRule = (context: ValidationContext): ASTVisitor => {
  let aliases = 0;
  const fragmentDepths = new Map<string, number>();
  return {
    Field(node) {
      if (node.alias) aliases += 1;
    },
    OperationDefinition(node) {
      const depth = depthOf(node.selectionSet, context, fragmentDepths);
      if (depth > LIMITS.depth) context.reportError(located(tooExpensive(`a depth of ${depth}`, LIMITS.depth, "DEPTH"), node));
    },
    Document: {
      leave(node) {
        if (aliases > LIMITS.aliases) context.reportError(located(tooExpensive(`${aliases} aliases`, LIMITS.aliases, "ALIASES"), node));
      },
    },
  };
};

/** Each fragment is measured once, however often it is used; one that holds itself is another rule's affair. */
function depthOf({ selections }: SelectionSetNode, context: ValidationContext, known: Map<string, number>): number {
  let deepest = 0;
  for (const selection of selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD)
      deepest = Math.max(deepest, fragmentDepth(context.getFragment(selection.name.value), context, known));
    else if (selection.kind === Kind.INLINE_FRAGMENT) deepest = Math.max(deepest, depthOf(selection.selectionSet, context, known));
    else if (!selection.name.value.startsWith("__"))
      deepest = Math.max(deepest, 1 + (selection.selectionSet ? depthOf(selection.selectionSet, context, known) : 0));
  }
  return deepest;
}

function fragmentDepth(
  fragment: FragmentDefinitionNode | null | undefined,
  context: ValidationContext,
  known: Map<string, number>,
): number {
  if (!fragment) return 0;
  const name = fragment.name.value;
  const before = known.get(name);
  if (before !== undefined) return before;
  known.set(name, 0);
  const depth = depthOf(fragment.selectionSet, context, known);
  known.set(name, depth);
  return depth;
}

/** A page counts as often as it has rows; other lists as a few. */
const estimate: ComplexityEstimator = ({ type, field, args, childComplexity }) => {
  if (getNamedType(field.type).name.endsWith("Connection")) {
    const rows = Number(args["first"] ?? args["last"] ?? DEFAULT_PAGE);
    return 1 + childComplexity * Math.min(Math.max(rows, 0), MAX_PAGE);
  }
  if (type.name === "Mutation") return MUTATION_COST + childComplexity;
  const manyRows = isListType(getNullableType(field.type)) && !type.name.endsWith("Connection");
  return 1 + childComplexity * (manyRows ? SMALL_LIST : 1);
};

export interface Asked {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Record<string, unknown> | null | undefined;
}

/** The price of a valid operation. Throws TOO_EXPENSIVE; INVALID for variables that do not fit. */
export function priceOf({ schema, document, operation, variables }: Asked): number {
  const cost = Math.ceil(complexityOf({ schema, document, operation, variables }));
  if (cost > LIMITS.cost) throw tooExpensive(`a cost of ${cost}`, LIMITS.cost, "COST");
  return cost;
}

function complexityOf({ schema, document, operation, variables }: Asked): number {
  const estimators = [fieldExtensionsEstimator(), estimate];
  const operationName = operation.name?.value;
  const single = {
    ...document,
    definitions: document.definitions.filter((node) => node.kind !== Kind.OPERATION_DEFINITION || node === operation),
  };
  try {
    return getComplexity({
      schema,
      query: single,
      estimators,
      variables: variables ?? {},
      ...(operationName && { operationName }),
      maxQueryNodes: LIMITS.fields,
    });
  } catch (error) {
    // What is wrong with the request points into the document; the limit on fields does not.
    if (error instanceof GraphQLError && error.nodes === undefined) throw tooExpensive("too many fields", LIMITS.fields, "FIELDS");
    throw error;
  }
}
