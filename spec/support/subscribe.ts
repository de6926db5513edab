import { createClient } from "graphql-ws";
import { inspect } from "node:util";
import { vi } from "vitest";
import { WebSocket } from "ws";
import type { GraphQLClient, Variables } from "../../lab/graphql.ts";

/** A running subscription and what it has brought so far. */
export interface Recording<T> {
  received: T[];
  /** Set when the server ended it with an error. */
  failure: unknown;
  /** Resolves with the first received value that fits, now or later; rejects after `timeoutMs`. */
  waitFor(fits: (value: T) => boolean, timeoutMs?: number): Promise<T>;
  /** Breaks the connection without a word, as a lost network would. */
  cut(): void;
}

/** Subscribes over graphql-transport-ws on a connection of its own and keeps what comes in `received`, in order. */
export async function record<T>(client: GraphQLClient, query: string, variables: Variables = {}): Promise<Recording<T>> {
  const url = new URL("/graphql", client.url.replace(/^http/, "ws")).href;
  const token = await client.accessToken();
  let socket: WebSocket | undefined;
  const connection = createClient({
    url,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { authorization: `Bearer ${token}` },
    on: { opened: (opened) => (socket = opened as WebSocket) },
  });
  let cut = false;
  const recording: Recording<T> = {
    received: [],
    failure: null,
    waitFor: async (fits, timeoutMs = 30_000) => {
      const found = () => {
        if (recording.failure !== null) throw new Error(`The subscription ended: ${inspect(recording.failure)}`);
        const index = recording.received.findIndex(fits);
        if (index < 0) throw new Error("Nothing received fits yet.");
        return recording.received[index] as T;
      };
      return vi.waitFor(found, { timeout: timeoutMs, interval: 50 });
    },
    cut: () => {
      cut = true;
      socket?.terminate();
    },
  };
  connection.subscribe<Record<string, T>>(
    { query, variables },
    {
      next: ({ data, errors }) => {
        if (errors) recording.failure = errors;
        else recording.received.push(Object.values(data ?? {})[0] as T);
      },
      error: (error) => {
        if (!cut) recording.failure = error;
      },
      complete: () => undefined,
    },
  );
  return recording;
}
