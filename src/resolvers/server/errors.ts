import { GraphQLError } from "graphql";
import type { Logger } from "pino";
import { originOf, OvertError, toGraphQLError } from "../../errors.ts";
import { hasTooManyTokens, tooManyTokens } from "../limits.ts";

/** As `toGraphQLError`; defects are logged under the operation's correlation id. */
export function clientError(error: unknown, log: Logger, correlationId: string): GraphQLError {
  const origin = originOf(error);
  const cutOff = origin instanceof GraphQLError && origin.nodes === undefined && origin.source && hasTooManyTokens(origin.source.body);
  return toGraphQLError(cutOff ? tooManyTokens() : error, (defect) => {
    log.error({ err: defect, correlationId, path: error instanceof GraphQLError ? error.path : undefined }, "an operation failed unexpectedly");
    return correlationId;
  });
}

/** The HTTP status of a request that was refused before it was executed. */
export const refusal = (error: OvertError, status: number): GraphQLError =>
  new GraphQLError(error.message, { originalError: error, extensions: { http: { status } } });
