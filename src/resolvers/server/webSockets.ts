import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { execute, type ExecutionArgs, type ExecutionResult, type GraphQLError, type GraphQLSchema } from "graphql";
import {
  CloseCode,
  handleProtocols,
  makeServer,
  type Context as Connection,
  type OperationResult,
  type SubscribePayload,
} from "graphql-ws";
import { WebSocketServer, type WebSocket } from "ws";
import type { Access, Authenticated } from "../../domain/access/access.ts";
import type { Engine } from "../../domain/engine.ts";
import { OvertError } from "../../errors.ts";
import { createContext } from "../context.ts";
import { LIMITS } from "../limits.ts";
import { createCohorts, type Cohorts } from "./cohorts.ts";
import { clientError } from "./errors.ts";
import { createOperations, RequestErrors, type Operation } from "./operation.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { endless } from "./endless.ts";

const PING_MS = 30_000;
/** Somebody who has not logged in may stay so long. */
const ANONYMOUS_MS = 60_000;
const MAX_OPERATIONS = 200;
const GOING_AWAY = 1001;
/** Given to clients to answer the close. */
const FAREWELL_MS = 1_000;

/** One WebSocket, from its opening on. */
interface Client {
  socket: WebSocket;
  outbox: Outbox;
  address: string;
  /** Null before log-in. */
  authenticated: Authenticated | null;
  expiry: NodeJS.Timeout | undefined;
  /** Whether it answered the last ping. */
  alive: boolean;
}
type ClientConnection = Connection<Record<string, unknown> | undefined, Client>;
/** What the protocol library is given to run: all is checked by then. */
type Runnable = ExecutionArgs & { run: () => OperationResult };

export interface WebSockets {
  /** Takes over a connection that asks to be upgraded. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void;
  close(): void;
}
export interface WebSocketOptions {
  engine: Engine;
  access: Access;
  schema: GraphQLSchema;
  stallMs?: number | undefined;
}

/** GraphQL over WebSocket (graphql-transport-ws), with the same checks as over HTTP. */
export function createWebSockets({ engine, access, schema, stallMs }: WebSocketOptions): WebSockets {
  const clients = new Set<Client>();
  const protocol = createProtocol(engine, access, schema);
  const server = new WebSocketServer({ noServer: true, handleProtocols, maxPayload: LIMITS.body, perMessageDeflate: false });
  const stop = new AbortController();

  const opened = (socket: WebSocket, stream: Duplex, request: IncomingMessage): void => {
    const outbox = createOutbox(socket, stream, stallMs);
    const client: Client = {
      socket,
      outbox,
      address: request.socket.remoteAddress ?? "",
      authenticated: null,
      expiry: undefined,
      alive: true,
    };
    clients.add(client);
    expireIn(client, ANONYMOUS_MS);
    const closed = protocol.opened(adapt(client, engine), client);
    socket.on("pong", () => (client.alive = true));
    socket.on("error", (error) => engine.log.debug({ err: error }, "a WebSocket failed"));
    socket.once("close", (code, reason) => {
      clients.delete(client);
      clearTimeout(client.expiry);
      void closed(code, reason.toString());
    });
  };
  const pinging = setInterval(() => {
    for (const client of clients) {
      if (!client.alive) client.socket.terminate();
      client.alive = false;
      client.socket.ping();
    }
  }, PING_MS);

  void closeUnwelcome(engine, access, { clients, signal: stop.signal });
  return {
    upgrade: (request, stream, head) => server.handleUpgrade(request, stream, head, (socket) => opened(socket, stream, request)),
    close() {
      stop.abort();
      clearInterval(pinging);
      for (const { socket } of clients) socket.close(GOING_AWAY, "The engine is stopping");
      setTimeout(() => {
        for (const { socket } of clients) socket.terminate();
      }, FAREWELL_MS).unref();
      server.close();
    },
  };
}

function expireIn(client: Client, ms: number): void {
  clearTimeout(client.expiry);
  client.expiry = setTimeout(() => client.socket.close(CloseCode.Forbidden, "Forbidden"), ms).unref();
}

/** Closes connections of users who were removed, changed in what they may, or logged out. */
async function closeUnwelcome(
  engine: Engine,
  access: Access,
  { clients, signal }: { clients: ReadonlySet<Client>; signal: AbortSignal },
): Promise<void> {
  const { journal } = engine;
  for await (const followed of journal.follow(journal.snapshot().cursor, signal)) {
    const telling =
      "gap" in followed || followed.entry.changes.some(({ kind }) => kind === "User") || followed.entry.events.some(endsSession);
    if (!telling) continue;
    for (const { socket, authenticated } of clients)
      if (authenticated && !access.stillGood(authenticated)) socket.close(CloseCode.Forbidden, "Forbidden");
  }
}
const endsSession = ({ name }: { name: string }) => name === "USER_VDC_LOGOUT" || name === "USER_VDC_SESSION_TERMINATED";

/** The library's view of a socket. */
const adapt = ({ socket, outbox }: Client, { log }: Engine): Parameters<ReturnType<typeof createProtocol>["opened"]>[0] => ({
  protocol: socket.protocol,
  send: (text) => outbox.send(text),
  close: (code, reason) => socket.close(code, reason),
  onMessage: (handle) =>
    socket.on("message", async (data: Buffer) => {
      try {
        if (outbox.blocked()) await slowDown(socket, outbox);
        await handle(data.toString());
      } catch (error) {
        log.error({ err: error }, "a WebSocket message failed");
        socket.close(CloseCode.InternalServerError, "Internal error");
      }
    }),
});

/** A client that does not take its answers is not asked for more. */
async function slowDown(socket: WebSocket, outbox: Outbox): Promise<void> {
  socket.pause();
  await outbox.drained();
  socket.resume();
}

function createProtocol(engine: Engine, access: Access, schema: GraphQLSchema) {
  const operations = createOperations(schema);
  const cohorts = createCohorts(engine.log);
  return makeServer<Record<string, unknown> | undefined, Client>({
    async onConnect({ connectionParams, extra: client }) {
      const token = tokenIn(connectionParams);
      if (token === null) return true;
      const authenticated = await access.authenticate(token);
      if (!authenticated) return false;
      client.authenticated = authenticated;
      expireIn(client, authenticated.expiresAt - Date.now());
      return true;
    },
    onSubscribe(connection: ClientConnection, id, payload: SubscribePayload) {
      try {
        if (Object.keys(connection.subscriptions).length > MAX_OPERATIONS)
          throw new OvertError("TOO_EXPENSIVE", `At most ${MAX_OPERATIONS} operations at a time on one connection.`);
        const client = connection.extra;
        const loggedIn = client.authenticated !== null && access.stillGood(client.authenticated);
        const operation = operations.prepare(payload, loggedIn);
        const run = () =>
          operation.ast.operation === "subscription"
            ? subscribe({ engine, access, cohorts }, client, operation, id)
            : answer({ engine, access }, client, operation);
        return { ...operation, run } as Runnable;
      } catch (error) {
        return asErrors(error, engine);
      }
    },
    execute: (args) => (args as Runnable).run(),
    subscribe: (args) => (args as Runnable).run(),
    onError: (_connection, _id, _payload, errors) => errors.map((error) => clientError(error, engine.log).toJSON()),
  });
}

const asErrors = (error: unknown, { log }: Engine): readonly GraphQLError[] =>
  (error instanceof RequestErrors ? error.errors : [error]).map((each) => clientError(each, log));

function tokenIn(params: Record<string, unknown> | undefined): string | null {
  const given = params?.["authorization"] ?? params?.["Authorization"];
  return typeof given === "string" ? given.replace(/^Bearer /i, "") : null;
}

const contextFor = ({ engine, access }: { engine: Engine; access: Access }, { authenticated, address }: Client) =>
  createContext({ engine, access, caller: authenticated?.caller ?? null, address });

async function answer(parts: { engine: Engine; access: Access }, client: Client, operation: Operation): Promise<ExecutionResult> {
  const contextValue = contextFor(parts, client);
  const { data, errors } = await execute({ ...operation, contextValue });
  return {
    ...(data !== undefined && { data }),
    ...(errors && { errors: errors.flatMap((error) => asErrors(error, parts.engine)) }),
    ...(contextValue.caller && { extensions: { asOf: String(contextValue.snapshot.cursor), cost: operation.cost } }),
  };
}

/** The library keeps the protocol; the messages of the stream go past it, since they are shared with other clients. */
async function subscribe(
  parts: { engine: Engine; access: Access; cohorts: Cohorts },
  client: Client,
  operation: Operation,
  id: string,
): Promise<AsyncGenerator<ExecutionResult> | ExecutionResult> {
  const { outbox } = client;
  const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  let leave: (() => void) | undefined;
  let over = false;
  const stream = endless<ExecutionResult>(() => {
    over = true;
    leave?.();
  });
  const subscriber = {
    send: (payload: Buffer) => void (over || outbox.sendShared(head, payload, "}")),
    blocked: () => outbox.blocked(),
    drained: () => outbox.drained(),
    complete: () => stream.end(),
    fail: (error: unknown) => stream.end(error),
  };
  try {
    leave = await parts.cohorts.subscribe(operation, contextFor(parts, client), subscriber);
    if (over) leave();
    return stream.generator;
  } catch (error) {
    return { errors: asErrors(error, parts.engine) };
  }
}
