import { once } from "node:events";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";

/** A bare graphql-transport-ws client that can stop reading. */
export interface BareSocket {
  socket: WebSocket;
  /** Payloads of `next` messages. */
  payloads: any[];
  /** Messages of other types. */
  others: { type: string; id?: string; payload?: any }[];
  /** Set when the connection was closed. */
  closed: { code: number; reason: string } | null;
  send(message: object): void;
}

/** Opens a socket and, unless `params` is undefined, waits until the connection is acknowledged. */
export async function bareSocket(url: string, params?: object): Promise<BareSocket> {
  const socket = new WebSocket(url.replace(/^http/, "ws"), "graphql-transport-ws");
  const bare: BareSocket = { socket, payloads: [], others: [], closed: null, send: (message) => socket.send(JSON.stringify(message)) };
  socket.on("close", (code, reason) => (bare.closed = { code, reason: reason.toString() }));
  socket.on("message", (data: Buffer) => {
    const message = JSON.parse(data.toString());
    if (message.type === "next") bare.payloads.push(message.payload);
    else bare.others.push(message);
  });
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  if (params) {
    const answered = once(socket, "message");
    bare.send({ type: "connection_init", payload: params });
    await Promise.race([answered, once(socket, "close")]);
  }
  return bare;
}
