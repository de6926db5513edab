// PLACEHOLDER by the lead so that others can run the engine: to be overwritten whole by its owner.
import { createServer } from "node:http";
import express from "express";
import { ApolloServer } from "@apollo/server";
import { expressMiddleware } from "@as-integrations/express5";
import { unwrapResolverError } from "@apollo/server/errors";
import type { GraphQLSchema } from "graphql";
import type { Logger } from "pino";
import type { Access } from "../../domain/access/access.ts";
import type { Engine } from "../../domain/engine.ts";
import { OvertError, toGraphQLError } from "../../errors.ts";
import { createContext } from "../context.ts";

export async function startServer({ engine, access, schema, port, host, log }: { engine: Engine; access: Access; schema: GraphQLSchema; port: number; host?: string; webDirectory: string; log: Logger }) {
  const apollo = new ApolloServer({ schema, stopOnTerminationSignals: false, formatError: (formatted, error) => {
    const e = unwrapResolverError(error);
    if (!(e instanceof OvertError)) log.error({ err: e }, "request failed");
    return e instanceof OvertError ? toGraphQLError(e).toJSON() : formatted; } });
  await apollo.start();
  const app = express();
  app.use("/graphql", express.json(), expressMiddleware(apollo, { context: async ({ req }) => {
    const token = /^Bearer (.+)$/.exec(req.headers.authorization ?? "")?.[1];
    const who = token ? await access.authenticate(token) : null;
    return createContext({ engine, access, caller: who?.caller ?? null, address: "127.0.0.1" }) as never; } }));
  const server = createServer(app);
  await new Promise<void>((done) => server.listen(port, host, done));
  return { port: (server.address() as { port: number }).port, close: async () => { server.closeAllConnections(); server.close(); await apollo.stop(); } };
}
