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
  "INTERNAL",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Why, in machine and human words; `path` names the input field or object it is about. */
export interface Reason {
  code: string;
  message: string;
  path?: string | undefined;
}

/** Every expected failure in the engine. Anything else that is thrown is a defect and reaches a client as INTERNAL. */
export class OvertError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly reasons: readonly Reason[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "OvertError";
  }
}

export const notFound = (kind: string, id: string) => new OvertError("NOT_FOUND", `${kind} ${id} does not exist.`);
export const invalid = (path: string, message: string, code = "INVALID") => new OvertError("INVALID", message, [{ code, message, path }]);

/** The one mapping to what a client sees. No stack, SQL or file path leaves. */
export function toGraphQLError(error: unknown): GraphQLError {
  if (error instanceof OvertError) return new GraphQLError(error.message, { extensions: { code: error.code, reasons: error.reasons } });
  return new GraphQLError("Internal error.", { extensions: { code: "INTERNAL", reasons: [] } });
}
