import {
  GraphQLError,
  Kind,
  Lexer,
  Source,
  TokenKind,
  type ASTVisitor,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from "graphql";
import { OvertError } from "../../errors.ts";
import { overlapsOf } from "./overlaps.ts";

/** What one operation may ask for; the same over HTTP and over a WebSocket. */
export const LIMITS = {
  /** Bytes of a request. */
  body: 1024 * 1024,
  /** Before log-in. */
  anonymousBody: 16 * 1024,
  /** Bytes of a document. */
  document: 100_000,
  /** Validation takes time with their square. */
  tokens: 2_000,
  /** Before log-in. */
  anonymousTokens: 200,
  /** Fields within fields; introspection is not counted. */
  depth: 15,
  aliases: 100,
  /** Comparisons of fields of one name with each other, as validation makes them. */
  overlaps: 5_000,
  /** Values within the variables. */
  values: 10_000,
  /** Fields in the document, fragments written out. */
  fields: 5_000,
  /** Fields, each as often as it may be answered. */
  answers: 200_000,
  /** The same, and what searches compare: each condition with each row. */
  cost: 1_000_000,
  /** Rows of the history that are looked at. */
  scan: 50_000,
} as const;

export const tooExpensive = (what: string, limit: number, code: string) =>
  new OvertError("TOO_EXPENSIVE", `The operation has ${what}; ${limit} are allowed.`, [{ code, message: String(limit) }]);
const located = (error: OvertError, node: OperationDefinitionNode | DocumentNode) =>
  new GraphQLError(error.message, { nodes: node, originalError: error });

/** Throws TOO_EXPENSIVE for a request that is not even read. */
export function checkSize(query: string, variables: unknown): void {
  if (query.length > LIMITS.document || Buffer.byteLength(query) > LIMITS.document)
    throw tooExpensive("a longer document", LIMITS.document, "DOCUMENT");
  if (hasMoreValues(variables, LIMITS.values)) throw tooExpensive("more values in its variables", LIMITS.values, "VARIABLES");
}

function hasMoreValues(given: unknown, most: number): boolean {
  const open = [given];
  let counted = 0;
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== "object" || value === null) continue;
    const inner: unknown[] = Array.isArray(value) ? value : Object.values(value);
    counted += inner.length;
    if (counted > most) return true;
    for (const each of inner) if (typeof each === "object" && each !== null) open.push(each);
  }
  return false;
}

/** Throws TOO_EXPENSIVE for a document that would take long to validate. */
export function checkOverlaps(document: DocumentNode): void {
  const { comparisons, fields } = overlapsOf(document, LIMITS.fields);
  if (fields > LIMITS.fields) throw tooExpensive("too many fields", LIMITS.fields, "FIELDS");
  if (comparisons > LIMITS.overlaps) throw tooExpensive("too many fields of one name to be merged", LIMITS.overlaps, "OVERLAPS");
}

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
