import { createHash } from "node:crypto";
import {
  getOperationAST,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from "graphql";
import { LRUCache } from "lru-cache";
import { invalid } from "../../errors.ts";
import { unauthenticated } from "../context.ts";
import { checkOverlaps, checkSize, limitRule, LIMITS } from "../cost/limits.ts";
import { priceOf } from "../cost/price.ts";
import type { CountRows } from "../../domain/inventory/search/search.ts";
import { isPublic } from "./publicOperations.ts";

const KNOWN_BYTES = 16 * 1024 * 1024;
/** What a token becomes in memory, about. */
const TOKEN_BYTES = 500;
export const MAX_ERRORS = 10;

interface OperationRequest {
  query: string;
  operationName?: string | null | undefined;
  variables?: Record<string, unknown> | null | undefined;
}
/** An operation that may be executed, without context. */
export interface Operation extends Pick<ExecutionArgs, "schema" | "document" | "operationName" | "variableValues"> {
  readonly ast: OperationDefinitionNode;
  readonly cost: number;
}

/** What is asked of the engine, by whichever way: the same checks in the same order. */
export interface Operations {
  /**
   * A valid document that this client may send. Throws TOO_EXPENSIVE and UNAUTHENTICATED before it looks any closer, then
   * INVALID. Nothing is kept of one who is not logged in.
   */
  admit(request: OperationRequest, loggedIn: boolean): DocumentNode;
  /** Admitted, priced by how many rows there are for who asks, and one operation of it chosen. Throws as `admit`. */
  prepare(request: OperationRequest, loggedIn: boolean, count: CountRows): Operation;
  /** A document that was admitted, by the SHA-256 of its text, hex. */
  known(hash: string): DocumentNode | undefined;
}
/** Several errors of one request. */
export class RequestErrors extends Error {
  constructor(readonly errors: readonly GraphQLError[]) {
    super("The operation was refused.");
    this.name = "RequestErrors";
  }
}

export function createOperations(schema: GraphQLSchema): Operations {
  const documents = new LRUCache<string, DocumentNode>({
    maxSize: KNOWN_BYTES,
    sizeCalculation: ({ loc, tokenCount = LIMITS.tokens }) => 2 * (loc?.end ?? 0) + TOKEN_BYTES * tokenCount,
  });

  const admit = ({ query, operationName, variables }: OperationRequest, loggedIn: boolean): DocumentNode => {
    checkSize(query, variables);
    const hash = createHash("sha256").update(query).digest("hex");
    const seen = documents.get(hash);
    const document = seen ?? parse(query, { maxTokens: LIMITS.tokens });
    if (!loggedIn && !isPublic(schema, { document, operationName, variables })) throw unauthenticated();
    if (seen) return seen;
    checkOverlaps(document);
    const errors = validate(schema, document, [...specifiedRules, limitRule], { maxErrors: MAX_ERRORS });
    if (errors.length > 0) throw new RequestErrors(errors);
    if (loggedIn) documents.set(hash, document);
    return document;
  };
  const prepare = (request: OperationRequest, loggedIn: boolean, count: CountRows): Operation => {
    const { operationName, variables } = request;
    const document = admit(request, loggedIn);
    const ast = getOperationAST(document, operationName);
    if (!ast) throw invalid("operationName", "The document has no such operation, or several and none was named.", "OPERATION");
    const cost = priceOf({ schema, document, operation: ast, variables, count });
    return { schema, document, ast, cost, operationName: ast.name?.value, variableValues: variables };
  };
  return { admit, prepare, known: (hash) => documents.get(hash) };
}
