import { GraphQLError } from "graphql";

/** The one list of codes a client can meet in `extensions.code`. */
export const ERROR_CODES = [
  "UNAUTHENTICATED",
  "FORBIDDEN",
  "NOT_FOUND",
  "INVALID",
  "CONFLICT",
  "NOT_ALLOWED_IN_STATE",
  "QUOTA_EXCEEDED",
  "NO_HOST",
  "HOST_UNREACHABLE",
  "STORAGE",
  "TOO_EXPENSIVE",
  "RATE_LIMITED",
  "UNAVAILABLE",
  "INTERNAL",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Why, in machine and human words; `path` names the input field or object it is about. */
export interface Reason {
  code: string;
  message: string;
  path?: string | undefined;
  /** The object that the words are about: who may not see it is not told. */
  about?: About | undefined;
}
export interface About {
  kind: string;
  id: string;
}
interface Options extends ErrorOptions {
  /** What is said in place of the message to who may not see one of the objects that it, or a reason, is about. */
  discreet?: string;
  /** Objects that the message is about, beside those of the reasons. */
  about?: readonly About[];
}

/** Every expected failure in the engine. Anything else that is thrown is a defect and reaches a client as INTERNAL. */
export class OvertError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly reasons: readonly Reason[] = [],
    readonly options: Options = {},
  ) {
    super(message, options);
    this.name = "OvertError";
  }
}

export const notFound = (kind: string, id: string) => new OvertError("NOT_FOUND", `${kind} ${id} does not exist.`);

/** A refusal because of what stands at a place in the request: its message begins with that place in the caller's words. */
export function refusedAt(path: string, code: ErrorCode, reason: Omit<Reason, "path">, options?: Options): OvertError {
  const field = path.replace(/^input(\.|$)/u, "");
  const said = (words: string) => (field === "" ? words : `${field}: ${words}`);
  const discreet = options?.discreet;
  const told = { ...options, ...(discreet !== undefined && { discreet: said(discreet) }) };
  return new OvertError(code, said(reason.message), [{ ...reason, path }], told);
}
export const invalid = (path: string, message: string, code = "INVALID") => refusedAt(path, "INVALID", { code, message });

const isErrorCode = (code: unknown): code is ErrorCode => (ERROR_CODES as readonly unknown[]).includes(code);

/**
 * The one mapping to what a client sees: place and path stay, no stack, SQL or file path leaves. What the request itself
 * got wrong (syntax, validation, variables, arguments) is INVALID. Anything that nobody expected is INTERNAL without a
 * word; `report` is told and answers the name under which it is in the log.
 */
export function toGraphQLError(error: unknown, report?: (defect: unknown) => string): GraphQLError {
  const outer = error instanceof GraphQLError ? error : undefined;
  const place = outer && { nodes: outer.nodes, source: outer.source, positions: outer.positions, path: outer.path };
  const answer = (message: string, code: ErrorCode, more: object) => new GraphQLError(message, { ...place, extensions: { code, ...more } });
  const origin = originOf(error);
  if (origin instanceof OvertError)
    return answer(origin.message, origin.code, { reasons: origin.reasons.map(({ about: _about, ...reason }) => reason) });
  if (outer && origin instanceof GraphQLError) {
    const { code, reasons } = origin.extensions;
    if (isErrorCode(code)) return origin === outer ? outer : answer(origin.message, code, { reasons: reasons ?? [] });
    // Without a path it came up before execution; with nodes of its own it is about an argument in the document.
    if (outer.path === undefined || (origin !== outer && origin.nodes !== undefined))
      return answer(origin.message, "INVALID", { reasons: [] });
  }
  const correlationId = report?.(origin);
  return answer("Internal error.", "INTERNAL", { reasons: [], ...(correlationId !== undefined && { correlationId }) });
}

/** What was thrown: GraphQL wraps what a resolver throws, and the server wraps that again. */
export function originOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? originOf(error.originalError) : error;
}
