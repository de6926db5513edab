import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
import { CloseCode, handleProtocols } from "graphql-ws";
import { WebSocketServer, type WebSocket } from "ws";
import type { Access } from "../../domain/access/access.ts";
import { decidesRights } from "../../domain/access/grants.ts";
import type { Engine } from "../../domain/engine.ts";
import { guarded, keepUp } from "../../guard.ts";
import { LIMITS } from "../cost/limits.ts";
import type { Addresses } from "./address.ts";
import { createClient, createLoads, largestMessage, type Client, type Loads } from "./client.ts";
import type { Operations } from "./operation.ts";
import { createOutbox } from "./outbox.ts";
import { createProtocol } from "./protocol.ts";
import { createWaitingRoom } from "./waitingRoom.ts";

const PING_MS = 30_000;
/** Somebody who has not logged in may stay so long. */
const ANONYMOUS_MS = 60_000;
const GOING_AWAY = 1001;
const TOO_BIG = 1009;
/** Given to clients to answer the close. */
const FAREWELL_MS = 1_000;
const FULL = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 5\r\nConnection: close\r\n\r\n";

export interface WebSockets {
  /** Takes over a connection that asks to be upgraded. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void;
  close(): void;
}
export interface WebSocketOptions {
  engine: Engine;
  access: Access;
  operations: Operations;
  addresses: Addresses;
  stallMs?: number | undefined;
}

/** GraphQL over WebSocket (graphql-transport-ws), with the same checks as over HTTP. */
export function createWebSockets({ engine, access, operations, addresses, stallMs }: WebSocketOptions): WebSockets {
  const { log } = engine;
  const clients = new Set<Client>();
  const loads = createLoads();
  const loggedIn = (client: Client) => {
    client.leaveRoom();
    expireIn(client, client.authenticated!.expiresAt - Date.now());
  };
  const protocol = createProtocol({ engine, access, operations, loads, loggedIn });
  const room = createWaitingRoom();
  const server = new WebSocketServer({ noServer: true, handleProtocols, maxPayload: LIMITS.body, perMessageDeflate: false });
  const stop = new AbortController();

  const opened = (client: Client, stream: Duplex): void => {
    const { socket } = client;
    clients.add(client);
    expireIn(client, ANONYMOUS_MS);
    refuseLarge(client, stream as Socket);
    const closed = protocol.opened(adapt(client, loads, engine), client);
    socket.on("pong", () => (client.alive = true));
    socket.on("error", (error) => log.debug({ err: error }, "a WebSocket failed"));
    socket.once(
      "close",
      guarded(log, "the end of a WebSocket", (code, reason) => {
        clients.delete(client);
        client.leaveRoom();
        clearTimeout(client.expiry);
        return closed(code, reason.toString());
      }),
    );
  };
  const ping = guarded(log, "a ping", () => {
    for (const client of clients) {
      if (!client.alive) client.socket.terminate();
      client.alive = false;
      client.socket.ping();
    }
  });
  const pinging = setInterval(ping, PING_MS);

  void keepUp(log, "closing WebSockets of ended sessions", stop.signal, () => closeUnwelcome(engine, access, clients, stop.signal));
  return {
    upgrade(request, stream, head) {
      const address = addresses.of(request);
      const leaveRoom = room.enter(address);
      if (!leaveRoom) {
        stream.end(FULL, () => stream.destroy());
        return;
      }
      stream.once("close", leaveRoom);
      const welcome = (socket: WebSocket) =>
        opened(createClient({ socket, outbox: createOutbox(socket, stream, { log, stallMs }), address, leaveRoom }), stream);
      server.handleUpgrade(
        request,
        stream,
        head,
        guarded(log, "the opening of a WebSocket", welcome, (socket) => socket.terminate()),
      );
    },
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

/** A message is kept until it is whole: one that is too large is not waited for. What is logged in has the library's own limit. */
function refuseLarge(client: Client, stream: Socket): void {
  let before = stream.bytesRead;
  const whole = () => (before = stream.bytesRead);
  const arriving = () => {
    if (client.authenticated) {
      stream.off("data", arriving);
      client.socket.off("message", whole);
    } else if (stream.bytesRead - before > LIMITS.anonymousBody) {
      client.socket.close(TOO_BIG);
      stream.destroy();
    }
  };
  client.socket.on("message", whole);
  stream.on("data", arriving);
}

/** Closes connections of users who were removed, changed in what they may, or logged out. */
async function closeUnwelcome({ journal }: Engine, access: Access, clients: ReadonlySet<Client>, signal: AbortSignal): Promise<void> {
  const look = () => {
    for (const { socket, authenticated } of clients)
      if (authenticated && !access.stillGood(authenticated)) socket.close(CloseCode.Forbidden, "Forbidden");
  };
  const { cursor } = journal.snapshot();
  look();
  for await (const followed of journal.follow(cursor, signal))
    if (
      "gap" in followed ||
      followed.entry.changes.some(
        ({ kind, operation }) => kind === "User" || decidesRights(kind) || (kind === "Session" && operation === "DELETED"),
      )
    )
      look();
}

/** The library's view of a socket. */
const adapt = (client: Client, loads: Loads, { log }: Engine): Parameters<ReturnType<typeof createProtocol>["opened"]>[0] => {
  const { socket, outbox } = client;
  return {
    protocol: socket.protocol,
    send: (text) => outbox.send(text),
    close: (code, reason) => socket.close(code, reason),
    onMessage: (handle) =>
      socket.on(
        "message",
        guarded(
          log,
          "a WebSocket message",
          async (data: Buffer) => {
            if (data.length > largestMessage(client)) return socket.close(TOO_BIG, "Too large");
            if (outbox.blocked()) await slowDown(client);
            await loads.during(client, data.length, () => handle(data.toString()));
          },
          () => socket.close(CloseCode.InternalServerError, "Internal error"),
        ),
      ),
  };
};

/** A client that does not take its answers is not asked for more. */
async function slowDown({ socket, outbox }: Client): Promise<void> {
  socket.pause();
  await outbox.drained();
  socket.resume();
}
