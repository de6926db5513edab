import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expressMiddleware } from "@as-integrations/express5";
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler, type Response } from "express";
import { parse, type DocumentNode, type GraphQLSchema } from "graphql";
import type { Logger } from "pino";
import type { Access } from "../../domain/access/access.ts";
import type { Engine } from "../../domain/engine.ts";
import { OvertError } from "../../errors.ts";
import { createContext, unauthenticated, type Context } from "../context.ts";
import { LIMITS } from "../limits.ts";
import { createApollo } from "./apollo.ts";
import { refreshCookie } from "./cookie.ts";
import { dashboard, securityHeaders } from "./dashboard.ts";
import { clientError, refusal } from "./errors.ts";
import { isPublic } from "./publicOperations.ts";
import { createWebSockets, type WebSockets } from "./webSockets.ts";

const KEEP_ALIVE_MS = 65_000;

export interface ServerOptions {
  engine: Engine;
  access: Access;
  schema: GraphQLSchema;
  /** 0 = any free one. */
  port: number;
  /** Address to listen on; all when absent. */
  host?: string;
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

const CLOSE_MS = 5_000;

/** GraphQL over HTTP and WebSocket at `/graphql`, `/healthz`, `/readyz`, and the dashboard, on one port. */
export async function startServer({ engine, access, schema, webDirectory, log, ...options }: ServerOptions): Promise<RunningServer> {
  const apollo = createApollo(schema, log);
  await apollo.start();
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", "loopback");
  app.use(securityHeaders);
  app.get("/healthz", (_request, response) => void response.type("text").send("ok\n"));
  app.get("/readyz", ready(engine));
  const context = ({ req, res }: { req: Request; res: Response }) => requestContext({ engine, access, schema }, req, res);
  app.use("/graphql", queriesMayBeLinked, express.json({ limit: LIMITS.body }), expressMiddleware(apollo, { context }));
  if (webDirectory !== undefined) app.use(dashboard(webDirectory));
  app.use(requestErrors(log));
  const webSockets = createWebSockets({ engine, access, schema, stallMs: options.stallMs });
  const server = await listenOn(app, webSockets, options);
  const close = async () => {
    webSockets.close();
    await closeServer(server);
    await apollo.stop();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

async function listenOn(app: Express, webSockets: WebSockets, { port, host }: Pick<ServerOptions, "port" | "host">): Promise<Server> {
  const server = createServer(app);
  // Longer than clients keep an idle connection: they close it, not we, in the middle of their next request.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on("upgrade", (request, stream, head) => {
    if (new URL(request.url ?? "/", "http://localhost").pathname === "/graphql") webSockets.upgrade(request, stream, head);
    else stream.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, ...(host && { host }) }, resolve);
  });
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
    const answers = await database.reader.query("SELECT 1").then(
      () => true,
      () => false,
    );
    response
      .status(answers ? 200 : 503)
      .type("text")
      .send(answers ? "ready\n" : "the database does not answer\n");
  };

/**
 * Only queries may be sent by GET, and nothing but the header `Authorization` opens them: a link from elsewhere can do
 * no harm, so the protection against forged requests, which asks for a header that links cannot have, is not needed.
 */
const queriesMayBeLinked: RequestHandler = (request, _response, next) => {
  if (request.method === "GET") request.headers["apollo-require-preflight"] = "query";
  next();
};

interface Parts {
  engine: Engine;
  access: Access;
  schema: GraphQLSchema;
}

/** Throws UNAUTHENTICATED, before the request is looked at any closer. */
async function requestContext({ engine, access, schema }: Parts, request: Request, response: Response): Promise<Context> {
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const authenticated = token ? await access.authenticate(token) : null;
  if (!authenticated && !isAnswered(schema, request)) throw refusal(unauthenticated(), 401);
  return createContext({
    engine,
    access,
    caller: authenticated?.caller ?? null,
    address: request.ip ?? "",
    cookie: refreshCookie(request, response),
  });
}

/** Whether a request without log-in is answered: a public operation, or one that is malformed and told so. */
function isAnswered(schema: GraphQLSchema, { method, body, query: parameters }: Request): boolean {
  const given = ((method === "GET" ? parameters : body) ?? {}) as Record<string, unknown>;
  const { query, operationName } = given;
  const document = typeof query === "string" ? parsed(query) : null;
  if (!document) return true;
  const variables = typeof given["variables"] === "string" ? parsedJson(given["variables"]) : given["variables"];
  return isPublic(schema, {
    document,
    operationName: typeof operationName === "string" ? operationName : null,
    variables: typeof variables === "object" ? (variables as Record<string, unknown> | null) : null,
  });
}

function parsed(query: string): DocumentNode | null {
  try {
    return parse(query, { maxTokens: LIMITS.tokens });
  } catch {
    return null;
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A body that is no JSON, too large, or in an unknown encoding; and whatever nobody expected. */
const requestErrors =
  (log: Logger): ErrorRequestHandler =>
  (error: { status?: unknown }, _request, response, _next) => {
    const status = typeof error.status === "number" && error.status >= 400 && error.status < 500 ? error.status : 500;
    const known = {
      413: new OvertError("TOO_EXPENSIVE", "The request is too large."),
      404: new OvertError("NOT_FOUND", "There is nothing here."),
    }[status];
    const expected = status < 500 ? (known ?? new OvertError("INVALID", "The request cannot be read.")) : error;
    response.status(status).json({ errors: [clientError(expected, log)] });
  };
