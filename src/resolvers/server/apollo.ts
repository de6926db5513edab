import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import { ApolloServerPluginCacheControlDisabled, ApolloServerPluginLandingPageDisabled } from "@apollo/server/plugin/disabled";
import { GraphQLError, type FormattedExecutionResult, type GraphQLSchema } from "graphql";
import type { Logger } from "pino";
import { OvertError } from "../../errors.ts";
import { inSlice } from "../../slice.ts";
import { countOf, type Context } from "../context.ts";
import { LIMITS, limitRule } from "../cost/limits.ts";
import { priceOf } from "../cost/price.ts";
import { clientError, refusal } from "./errors.ts";
import { MAX_ERRORS, type Operations } from "./operation.ts";

const RESPONSE_TYPE = "application/graphql-response+json";
/** Clients that speak the older media type expect 200 for any answer of GraphQL itself. */
export const acceptsResponseType = (accept: string | undefined): boolean => accept?.includes(RESPONSE_TYPE) ?? false;

/** Prices operations, and says in `extensions` what one cost and of which moment it tells. */
const pricing: ApolloServerPlugin<Context> = {
  async requestDidStart() {
    let cost: number | undefined;
    return {
      async didResolveOperation({ schema, document, operation, request, contextValue }) {
        if (!operation) return;
        await inSlice();
        try {
          cost = priceOf({ schema, document, operation, variables: request.variables, count: countOf(contextValue) });
        } catch (error) {
          throw error instanceof OvertError ? refusal(error, 400) : badRequest(error);
        }
      },
      async willSendResponse({ response, contextValue, source, request }) {
        await inSlice();
        if (response.body.kind === "single" && cost !== undefined && contextValue.caller)
          response.body.singleResult.extensions = { asOf: String(contextValue.snapshot.cursor), cost };
        const older = !acceptsResponseType(request.http?.headers.get("accept"));
        if (source !== undefined && response.http.status === 400 && older) response.http.status = 200;
        if (response.body.kind === "single" && isUnavailable(response.body.singleResult)) response.http.status = 503;
      },
    };
  },
};
/** Nothing could be answered, and it is nobody's mistake. */
function isUnavailable({ data, errors }: FormattedExecutionResult): boolean {
  const empty = !data || Object.values(data).every((value) => value === null);
  return empty && errors !== undefined && errors.every(({ extensions }) => extensions?.["code"] === "UNAVAILABLE");
}
const badRequest = (error: unknown) =>
  error instanceof GraphQLError ? new GraphQLError(error.message, { nodes: error.nodes, extensions: { http: { status: 400 } } }) : error;

/** Apollo without all that talks to others, shows pages, keeps documents or catches signals. */
export function createApollo(schema: GraphQLSchema, operations: Operations, log: Logger): ApolloServer<Context> {
  return new ApolloServer<Context>({
    schema,
    introspection: true,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    includeStacktraceInErrorResponses: false,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    // What was admitted is not parsed and validated again; the rest is, so that the client is told what is wrong with it.
    documentStore: { get: async (key) => operations.known(key.slice(-64)), set: async () => undefined, delete: async () => false },
    parseOptions: { maxTokens: LIMITS.tokens },
    validationRules: [limitRule],
    validationOptions: { maxErrors: MAX_ERRORS },
    plugins: [ApolloServerPluginCacheControlDisabled(), ApolloServerPluginLandingPageDisabled(), pricing],
    logger: log,
    formatError: (_formatted, error) => clientError(error, log).toJSON(),
  });
}
