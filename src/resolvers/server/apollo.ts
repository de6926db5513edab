import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import { ApolloServerPluginCacheControlDisabled, ApolloServerPluginLandingPageDisabled } from "@apollo/server/plugin/disabled";
import { GraphQLError, type GraphQLSchema } from "graphql";
import type { Logger } from "pino";
import { OvertError } from "../../errors.ts";
import type { Context } from "../context.ts";
import { LIMITS, limitRule, priceOf } from "../limits.ts";
import { clientError, refusal } from "./errors.ts";

const RESPONSE_TYPE = "application/graphql-response+json";

/** Prices operations, and says in `extensions` what one cost and of which moment it tells. */
const pricing: ApolloServerPlugin<Context> = {
  async requestDidStart() {
    let cost: number | undefined;
    return {
      async didResolveOperation({ schema, document, operation, request }) {
        if (!operation) return;
        try {
          cost = priceOf({ schema, document, operation, variables: request.variables });
        } catch (error) {
          throw error instanceof OvertError ? refusal(error, 400) : badRequest(error);
        }
      },
      async willSendResponse({ response, contextValue, source, request }) {
        if (response.body.kind === "single" && cost !== undefined && contextValue.caller)
          response.body.singleResult.extensions = { asOf: String(contextValue.snapshot.cursor), cost };
        // Clients that speak the older media type expect 200 for any answer of GraphQL itself.
        const older = !request.http?.headers.get("accept")?.includes(RESPONSE_TYPE);
        if (source !== undefined && response.http.status === 400 && older) response.http.status = 200;
      },
    };
  },
};
const badRequest = (error: unknown) =>
  error instanceof GraphQLError ? new GraphQLError(error.message, { nodes: error.nodes, extensions: { http: { status: 400 } } }) : error;

/** Apollo without all that talks to others, shows pages or catches signals. */
export function createApollo(schema: GraphQLSchema, log: Logger): ApolloServer<Context> {
  return new ApolloServer<Context>({
    schema,
    introspection: true,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    includeStacktraceInErrorResponses: false,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    parseOptions: { maxTokens: LIMITS.tokens },
    validationRules: [limitRule],
    plugins: [ApolloServerPluginCacheControlDisabled(), ApolloServerPluginLandingPageDisabled(), pricing],
    logger: log,
    formatError: (_formatted, error) => clientError(error, log).toJSON(),
  });
}
