import type { ApolloServer } from "@apollo/server";
import { expressMiddleware } from "@as-integrations/express5";
import express, { type Request, type RequestHandler, type Response } from "express";
import type { Access, Authenticated } from "../../domain/access/access.ts";
import type { Engine } from "../../domain/engine.ts";
import { OvertError } from "../../errors.ts";
import { inSlice } from "../../slice.ts";
import { createContext, type Context } from "../context.ts";
import { LIMITS } from "../cost/limits.ts";
import type { Addresses } from "./address.ts";
import { acceptsResponseType } from "./apollo.ts";
import { refreshCookie } from "./cookie.ts";
import { refusal } from "./errors.ts";
import type { Operations } from "./operation.ts";

export interface RouteParts {
  engine: Engine;
  access: Access;
  addresses: Addresses;
  operations: Operations;
  apollo: ApolloServer<Context>;
}

/** GraphQL over HTTP. Who asks is known before anything of the request is read, and decides how much of it is. */
export function graphqlRoute(parts: RouteParts): RequestHandler[] {
  const known = new WeakMap<Request, Authenticated>();
  const authenticate: RequestHandler = async (request, _response, next) => {
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
    const authenticated = token ? await parts.access.authenticate(token) : null;
    if (authenticated) known.set(request, authenticated);
    next();
  };
  const [small, large] = [express.json({ limit: LIMITS.anonymousBody }), express.json({ limit: LIMITS.body })];
  const read: RequestHandler = (request, response, next) => (known.has(request) ? large : small)(request, response, next);
  const context = async ({ req, res }: { req: Request; res: Response }) => {
    await inSlice();
    return requestContext(parts, { req, res, known: known.get(req) ?? null });
  };
  return [queriesMayBeLinked, authenticate, read, expressMiddleware(parts.apollo, { context })];
}

/**
 * Only queries may be sent by GET, and nothing but the header `Authorization` opens them: a link from elsewhere can do
 * no harm, so the protection against forged requests, which asks for a header that links cannot have, is not needed.
 */
const queriesMayBeLinked: RequestHandler = (request, _response, next) => {
  if (request.method === "GET") request.headers["apollo-require-preflight"] = "query";
  next();
};

/** Throws UNAUTHENTICATED and TOO_EXPENSIVE before the request is looked at any closer. */
function requestContext(
  { engine, access, addresses, operations }: RouteParts,
  { req, res, known }: { req: Request; res: Response; known: Authenticated | null },
): Context {
  admit(operations, req, known !== null);
  const cookie = refreshCookie(req, res);
  const [caller, address] = [known?.caller ?? null, addresses.of(req)];
  return createContext({ engine, access, caller, sessionId: known?.sessionId, address, cookie });
}

function admit(operations: Operations, request: Request, loggedIn: boolean): void {
  const given = ((request.method === "GET" ? request.query : request.body) ?? {}) as Record<string, unknown>;
  const { query, operationName } = given;
  if (typeof query !== "string") return;
  const variables = typeof given["variables"] === "string" ? parsed(given["variables"]) : given["variables"];
  try {
    operations.admit(
      {
        query,
        operationName: typeof operationName === "string" ? operationName : null,
        variables: typeof variables === "object" ? (variables as Record<string, unknown> | null) : null,
      },
      loggedIn,
    );
  } catch (error) {
    // What is malformed or invalid is told by Apollo, in the words and with the status of the specification.
    if (!(error instanceof OvertError)) return;
    throw refusal(error, error.code === "UNAUTHENTICATED" ? 401 : acceptsResponseType(request.headers.accept) ? 400 : 200);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
