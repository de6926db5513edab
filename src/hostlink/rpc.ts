import {
  createMessageConnection,
  Emitter,
  NullLogger,
  type Disposable,
  type Message,
  type MessageConnection,
  type MessageReader,
  type MessageWriter,
} from "vscode-jsonrpc/node";
import type { WebSocket } from "ws";

export interface Rpc {
  readonly connection: MessageConnection;
  /** Hands a received message over. Throws where the library does, for example on a request id that is null. */
  receive(message: Message): void;
}

/** JSON-RPC over the text frames of a WebSocket. The caller reads and checks the frames and passes on what it accepts. */
export function rpcOver(socket: WebSocket): Rpc {
  let deliver: ((message: Message) => void) | null = null;
  const reader: MessageReader = {
    ...silentEvents(),
    onPartialMessage: new Emitter<never>().event,
    listen: (callback): Disposable => {
      deliver = callback;
      return { dispose: () => (deliver = null) };
    },
    dispose: () => (deliver = null),
  };
  const writer: MessageWriter = {
    ...silentEvents(),
    write: (message) => send(socket, JSON.stringify(message)),
    end: () => {},
    dispose: () => {},
  };
  const connection = createMessageConnection(reader, writer, NullLogger);
  return { connection, receive: (message) => deliver?.(message) };
}

/** Resolves when the frame is with the operating system. */
export const send = (socket: WebSocket, data: string | Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => socket.send(data, (error) => (error ? reject(error) : resolve())));

// The socket's own events end a link; JSON-RPC learns of it by dispose() alone.
const silentEvents = () => ({ onError: new Emitter<never>().event, onClose: new Emitter<void>().event });
