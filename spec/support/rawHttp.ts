import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A TCP connection on which a spec writes what it likes. */
export interface RawConnection {
  readonly socket: Socket;
  /** What came back so far. */
  received(): string;
  /** Resolves with it when the other side has ended the connection. */
  ended: Promise<string>;
  /** Breaks it, so that the other side gets a reset. */
  reset(): void;
}

export async function rawConnection(port: number, bytes = ""): Promise<RawConnection> {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  socket.on("data", (data: Buffer) => (received += data.toString("latin1")));
  socket.on("error", () => undefined);
  const ended = new Promise<string>((resolve) => socket.once("close", () => resolve(received)));
  await once(socket, "connect");
  if (bytes !== "") await new Promise((written) => socket.write(bytes, "latin1", written));
  return { socket, received: () => received, ended, reset: () => void socket.resetAndDestroy() };
}

/** The head of a request to be upgraded to a WebSocket. */
export const upgradeHead = (target: string, more = ""): string =>
  [
    `GET ${target} HTTP/1.1`,
    "Host: engine",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: graphql-transport-ws",
    `${more}\r\n`,
  ]
    .filter((line) => line !== "")
    .join("\r\n");
