import { randomUUID } from "node:crypto";
import { GraphQLError } from "graphql";
import type { Logger } from "pino";
import { unavailability, type Unavailability } from "../../db/errors.ts";
import { originOf, OvertError, toGraphQLError } from "../../errors.ts";
import { hasTooManyTokens, tooManyTokens } from "../cost/limits.ts";

const WORDS: Record<Unavailability, string> = {
  DATABASE_DOWN: "The database does not answer.",
  DISK_FULL: "The disk of the database is full.",
  READ_ONLY: "The database takes no changes.",
};

/** As `toGraphQLError`; a defect is logged under the correlation id that the client is told. */
export function clientError(error: unknown, log: Logger): GraphQLError {
  const origin = originOf(error);
  const why = unavailability(origin);
  if (why !== null) {
    log.warn({ err: origin, why }, "an operation was not possible");
    return unavailable(error, why);
  }
  const cutOff = origin instanceof GraphQLError && origin.nodes === undefined && origin.source && hasTooManyTokens(origin.source.body);
  return toGraphQLError(cutOff ? tooManyTokens() : error, (defect) => {
    const correlationId = randomUUID();
    log.error(
      { err: defect, correlationId, path: error instanceof GraphQLError ? error.path : undefined },
      "an operation failed unexpectedly",
    );
    return correlationId;
  });
}

function unavailable(error: unknown, why: Unavailability): GraphQLError {
  const originalError = new OvertError("UNAVAILABLE", `${WORDS[why]} Try again later.`, [{ code: why, message: WORDS[why] }]);
  const { nodes, path } = error instanceof GraphQLError ? error : {};
  return toGraphQLError(new GraphQLError(originalError.message, { nodes, path, originalError }));
}

/** For a message about the past: an object that it needs is no longer there, which is nobody's mistake. */
export function goneError(error: GraphQLError): GraphQLError {
  if (error.originalError instanceof OvertError) return toGraphQLError(error);
  return new GraphQLError("It refers to something that is gone.", { path: error.path, extensions: { code: "NOT_FOUND", reasons: [] } });
}

/** The HTTP status of a request that was refused before it was executed. */
export const refusal = (error: OvertError, status: number): GraphQLError =>
  new GraphQLError(error.message, { originalError: error, extensions: { http: { status } } });
