import {
  getOperationAST,
  GraphQLError,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from "graphql";
import { invalid } from "../../errors.ts";
import { unauthenticated } from "../context.ts";
import { LIMITS, limitRule, priceOf } from "../limits.ts";
import { isPublic } from "./publicOperations.ts";

const MAX_KNOWN = 500;
const MAX_ERRORS = 10;

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

/** For operations that do not come over HTTP: the same checks in the same order. */
export interface Operations {
  /** Throws the errors: UNAUTHENTICATED, INVALID, TOO_EXPENSIVE. */
  prepare(request: OperationRequest, loggedIn: boolean): Operation;
}
/** Several errors of one request. */
export class RequestErrors extends Error {
  constructor(readonly errors: readonly GraphQLError[]) {
    super("The operation was refused.");
    this.name = "RequestErrors";
  }
}

export function createOperations(schema: GraphQLSchema): Operations {
  /** Documents that were found valid, by their text. */
  const known = new Map<string, DocumentNode>();

  const validated = (query: string, document: DocumentNode): DocumentNode => {
    if (known.has(query)) return document;
    const errors = validate(schema, document, [...specifiedRules, limitRule], { maxErrors: MAX_ERRORS });
    if (errors.length > 0) throw new RequestErrors(errors);
    if (known.size >= MAX_KNOWN) known.delete(known.keys().next().value!);
    known.set(query, document);
    return document;
  };
  const prepare = ({ query, operationName, variables }: OperationRequest, loggedIn: boolean): Operation => {
    const parsed = known.get(query) ?? parse(query, { maxTokens: LIMITS.tokens });
    if (!loggedIn && !isPublic(schema, { document: parsed, operationName, variables })) throw unauthenticated();
    const document = validated(query, parsed);
    const ast = getOperationAST(document, operationName);
    if (!ast) throw invalid("operationName", "The document has no such operation, or several and none was named.", "OPERATION");
    const cost = priceOf({ schema, document, operation: ast, variables });
    return { schema, document, ast, cost, operationName: ast.name?.value, variableValues: variables };
  };
  return { prepare };
}
