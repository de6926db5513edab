import { stringifyDocument } from "@urql/svelte";
import { createClient } from "graphql-ws";
import type { GraphQLError } from "graphql";
import type { TadaDocumentNode } from "../graphql/graphql.ts";
import { Failure, failureOf } from "./failure.ts";
import { accessToken, distrustToken, session } from "./session.svelte.ts";

/** Whether live data has stopped coming. */
export const link = $state({ away: false });

const PING_MS = 10_000;
const PONG_MS = 5_000;
const MAX_WAIT_MS = 5_000;
/** A break shorter than this is not worth telling. */
const PATIENCE_MS = 800;
const TIMED_OUT = 4408;
/** Close codes with which a server refuses a token. */
const REFUSED = [4401, 4403];

let socket: WebSocket | undefined;
let pongDue: ReturnType<typeof setTimeout> | undefined;
let awayDue: ReturnType<typeof setTimeout> | undefined;

function setAway(away: boolean): void {
  if (away) {
    awayDue ??= setTimeout(() => (link.away = session.state === "in"), PATIENCE_MS);
    return;
  }
  clearTimeout(awayDue);
  awayDue = undefined;
  link.away = false;
}

const wait = (attempt: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, Math.min(MAX_WAIT_MS, 250 * 2 ** attempt) * (0.75 + Math.random() / 2)));

const client = createClient({
  url: new URL("/graphql", location.href.replace(/^http/, "ws")).href,
  connectionParams: async () => ({ authorization: `Bearer ${await accessToken()}` }),
  keepAlive: PING_MS,
  retryAttempts: Infinity,
  retryWait: wait,
  shouldRetry: () => session.state === "in",
  on: {
    opened: (opened) => (socket = opened as WebSocket),
    connected: () => setAway(false),
    closed: (event) => {
      clearTimeout(pongDue);
      const { code } = event as CloseEvent;
      if (REFUSED.includes(code)) distrustToken();
      setAway(code !== 1000);
    },
    // A peer that vanished without a word is noticed only by its silence.
    ping: (received) => {
      if (!received) pongDue = setTimeout(() => socket?.close(TIMED_OUT, "No answer"), PONG_MS);
    },
    pong: (received) => {
      if (received) clearTimeout(pongDue);
    },
  },
});

interface Sink<Data> {
  next: (data: Data) => void;
  /** The engine refused it; nothing more comes. */
  failed: (failure: Failure) => void;
}

/**
 * A subscription that outlives breaks of the connection: it is made again with the variables as they are then, so a
 * getter among them can tell the place to go on from. Answers what ends it.
 */
export function subscribe<Data, Variables extends object>(
  document: TadaDocumentNode<Data, Variables>,
  variables: Variables,
  { next, failed }: Sink<Data>,
): () => void {
  const query = stringifyDocument(document);
  let ended = false;
  let stop = () => {};
  const again = async (attempt: number) => {
    await wait(attempt);
    if (!ended && session.state === "in") begin(attempt + 1);
  };
  const begin = (attempt: number) => {
    stop = client.subscribe<Data>(
      { query, variables: variables as Record<string, unknown> },
      {
        next: ({ data, errors }) => {
          attempt = 0;
          if (errors) failed(failureOf(errors as GraphQLError[]));
          else if (data) next(data);
        },
        error: (error) => {
          const failure = Array.isArray(error) ? failureOf(error as GraphQLError[]) : null;
          if (failure && failure.code !== "UNAUTHENTICATED") return failed(failure);
          distrustToken();
          void again(attempt);
        },
        // No stream of ours ends by itself: the engine is going away in good order.
        complete: () => {
          if (!ended) void again(attempt);
        },
      },
    );
  };
  begin(0);
  return () => {
    ended = true;
    stop();
  };
}
