import net from "node:net";
import { FEATURE_KEEPALIVE, Keepalive, MessageType, Procedure, Program, PROGRAM_VERSION, Status } from "./constants.ts";
import { createFramer, frame } from "./frames.ts";
import { XdrReader, XdrWriter } from "./xdr.ts";

/** libvirt refused a call; `code` is virErrorNumber, `domain` virErrorDomain. */
export class VirError extends Error {
  constructor(
    readonly code: number,
    readonly domain: number,
    message: string,
  ) {
    super(message);
    this.name = "VirError";
  }
}
/** The daemon cannot be reached, or went away before it answered: whether it did the call is not known. */
export class ConnectionLost extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConnectionLost";
  }
}

/** One connection to the daemon. It serves at most five calls at once (its max_client_requests): long ones want their own. */
export interface Connection {
  /** Rejects with VirError or ConnectionLost. */
  call(procedure: number, args: XdrWriter, program?: number): Promise<XdrReader>;
  /** Resolves once, when the connection is over, with why. */
  readonly closed: Promise<string>;
  close(): void;
}
export interface ConnectionOptions {
  socketPath: string;
  uri: string;
  /** A message the daemon sent by itself: an event. */
  onEvent?: (procedure: number, body: XdrReader) => void;
  /** ms between pings to the daemon; three without any answer end the connection. */
  keepaliveMs?: number;
}

interface Waiting {
  resolve(body: XdrReader): void;
  reject(error: Error): void;
}
const KEEPALIVE_MS = 5_000;
const SILENT_PINGS = 3;

function connect(socketPath: string): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(socketPath);
    socket.once("connect", () => resolve(socket));
    socket.once("error", (error) => reject(new ConnectionLost(`${socketPath}: ${error.message}`)));
  });
}

/** Connects and opens `uri`. Rejects with ConnectionLost when there is no daemon, VirError when it refuses the URI. */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const socket = await connect(options.socketPath);
  const connection = speak(socket, options);
  try {
    await connection.call(Procedure.AUTH_LIST, new XdrWriter());
    await connection.call(Procedure.CONNECT_OPEN, new XdrWriter().optionalString(options.uri).uint(0));
    await connection.call(Procedure.CONNECT_SUPPORTS_FEATURE, new XdrWriter().int(FEATURE_KEEPALIVE));
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function speak(socket: net.Socket, { onEvent, keepaliveMs = KEEPALIVE_MS }: ConnectionOptions): Connection {
  const waiting = new Map<number, Waiting>();
  const { promise: closed, resolve: settleClosed } = Promise.withResolvers<string>();
  let serial = 0;
  let silentPings = 0;
  let open = true;

  const close = (reason: string) => {
    if (!open) return;
    open = false;
    clearInterval(pinger);
    socket.destroy();
    for (const { reject } of waiting.values()) reject(new ConnectionLost(`libvirt connection ended: ${reason}`));
    waiting.clear();
    settleClosed(reason);
  };
  const keepalive = (procedure: number) =>
    socket.write(
      frame(
        { program: Program.KEEPALIVE, version: PROGRAM_VERSION, procedure, type: MessageType.MESSAGE, serial: 0, status: Status.OK },
        new Uint8Array(),
      ),
    );
  const pinger = setInterval(
    () => (++silentPings > SILENT_PINGS ? close("the daemon does not answer pings") : keepalive(Keepalive.PING)),
    keepaliveMs,
  );

  const receive = createFramer((message) => {
    const body = new XdrReader(message);
    const [program, , procedure, type, answered, status] = [body.uint(), body.uint(), body.uint(), body.uint(), body.uint(), body.uint()];
    if (program === Program.KEEPALIVE) {
      if (procedure === Keepalive.PING) keepalive(Keepalive.PONG);
    } else if (type === MessageType.MESSAGE) onEvent?.(procedure, body);
    else if (type === MessageType.REPLY) settle(waiting, answered, status, body);
  });
  socket.on("data", (chunk: Uint8Array) => {
    silentPings = 0;
    try {
      receive(chunk);
    } catch (error) {
      close(String(error));
    }
  });
  socket.on("error", (error) => close(error.message));
  socket.on("close", () => close("closed by the daemon"));

  return {
    closed,
    close: () => close("closed here"),
    call(procedure, args, program = Program.REMOTE) {
      if (!open) return Promise.reject(new ConnectionLost("libvirt connection is closed"));
      const { promise, resolve, reject } = Promise.withResolvers<XdrReader>();
      waiting.set(++serial, { resolve, reject });
      socket.write(
        frame({ program, version: PROGRAM_VERSION, procedure, type: MessageType.CALL, serial, status: Status.OK }, args.finish()),
      );
      return promise;
    },
  };
}

function settle(waiting: Map<number, Waiting>, serial: number, status: number, body: XdrReader): void {
  const call = waiting.get(serial);
  waiting.delete(serial);
  if (status === Status.OK) call?.resolve(body);
  else call?.reject(new VirError(body.int(), body.int(), body.optionalString() ?? "unknown libvirt error"));
}
