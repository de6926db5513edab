import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import type { GraphQLSchema } from "graphql";
import type { Logger } from "pino";
import type { Access } from "../../domain/access/access.ts";
import type { Engine } from "../../domain/engine.ts";
import { OvertError } from "../../errors.ts";
import { guarded } from "../../guard.ts";
import { createAddresses } from "./address.ts";
import { createApollo } from "./apollo.ts";
import { dashboard, securityHeaders } from "./dashboard.ts";
import { clientError } from "./errors.ts";
import { graphqlRoute } from "./graphqlRoute.ts";
import { createOperations } from "./operation.ts";
import { createWebSockets, type WebSockets } from "./webSockets.ts";

const KEEP_ALIVE_MS = 65_000;
/** A client has so long for the head of its request, and for the whole. */
const HEADERS_MS = 15_000;
const REQUEST_MS = 60_000;
const CLOSE_MS = 5_000;

export interface ServerOptions {
  engine: Engine;
  access: Access;
  schema: GraphQLSchema;
  /** 0 = any free one. */
  port: number;
  /** Address to listen on; all when absent. */
  host?: string;
  /** Addresses and ranges of proxies that are believed what they say of a client; none when absent. */
  trustedProxies?: readonly string[];
  /** Of the built dashboard; none is served when absent. */
  webDirectory?: string | undefined;
  log: Logger;
  /** After how long a WebSocket that takes nothing is closed; a minute when absent. */
  stallMs?: number;
}
export interface RunningServer {
  readonly port: number;
  /** Lets requests that run be answered, closes WebSockets, then the port. */
  close(): Promise<void>;
}

/** GraphQL over HTTP and WebSocket at `/graphql`, `/healthz`, `/readyz`, and the dashboard at `/`, on one port. */
export async function startServer({ engine, access, schema, webDirectory, log, ...options }: ServerOptions): Promise<RunningServer> {
  const operations = createOperations(schema);
  const addresses = createAddresses(options.trustedProxies ?? []);
  const apollo = createApollo(schema, operations, log);
  await apollo.start();
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.enable("strict routing");
  app.enable("case sensitive routing");
  app.set("trust proxy", addresses.trust);
  app.use(securityHeaders);
  app.get("/healthz", (_request, response) => void response.type("text").send("ok\n"));
  app.get("/readyz", ready(engine));
  app.all("/graphql", graphqlRoute({ engine, access, addresses, operations, apollo }));
  if (webDirectory !== undefined) app.use(dashboard(webDirectory));
  app.use(nothingHere);
  app.use(requestErrors(log));
  const webSockets = createWebSockets({ engine, access, operations, addresses, stallMs: options.stallMs });
  const server = await listenOn(app, webSockets, { ...options, log });
  const close = async () => {
    webSockets.close();
    await closeServer(server);
    await apollo.stop();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

type Listening = Pick<ServerOptions, "port" | "host" | "log">;

async function listenOn(app: Express, webSockets: WebSockets, { port, host, log }: Listening): Promise<Server> {
  const server = createServer(app);
  // Longer than clients keep an idle connection: they close it, not we, in the middle of their next request.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = HEADERS_MS;
  server.requestTimeout = REQUEST_MS;
  server.on(
    "upgrade",
    guarded(
      log,
      "an upgrade",
      (request, stream, head) => {
        // Until somebody else listens: a reset in between must not be nobody's.
        stream.on("error", () => stream.destroy());
        if (request.url?.split("?", 1)[0] === "/graphql") webSockets.upgrade(request, stream, head);
        else stream.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n", () => stream.destroy());
      },
      (_request, stream) => stream.destroy(),
    ),
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, ...(host && { host }) }, resolve);
  });
  // For instance when there are no file descriptors left for a connection.
  server.on("error", (error) => log.error({ err: error }, "the HTTP server could not accept a connection"));
  return server;
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
  await closed;
  clearTimeout(late);
}

const ready =
  ({ database }: Engine): RequestHandler =>
  async (_request, response) => {
    const why = await database.check();
    response
      .status(why === null ? 200 : 503)
      .type("text")
      .send(why === null ? "ready\n" : `${why}\n`);
  };

const nothingHere: RequestHandler = () => {
  throw new OvertError("NOT_FOUND", "There is nothing here.");
};

const STATUS: Partial<Record<string, number>> = { NOT_FOUND: 404, TOO_EXPENSIVE: 413, INVALID: 400, UNAVAILABLE: 503 };

/** An unknown path, a body that is no JSON, too large, or in an unknown encoding; and whatever nobody expected. */
const requestErrors =
  (log: Logger): ErrorRequestHandler =>
  (error: { status?: unknown }, request, response, _next) => {
    const shown = clientError(known(error), log);
    const given = typeof error.status === "number" && error.status >= 400 && error.status < 500 ? error.status : undefined;
    response.status(given ?? STATUS[String(shown.extensions["code"])] ?? 500);
    if (request.accepts(["json", "text", "html"]) === "json") response.json({ errors: [shown] });
    else response.type("text").send(`${shown.message}\n`);
  };

/** What express itself refuses has a status. */
function known(error: { status?: unknown }): unknown {
  if (typeof error.status !== "number" || error.status >= 500) return error;
  if (error.status === 413) return new OvertError("TOO_EXPENSIVE", "The request is too large.");
  return error.status === 404
    ? new OvertError("NOT_FOUND", "There is nothing here.")
    : new OvertError("INVALID", "The request cannot be read.");
}
