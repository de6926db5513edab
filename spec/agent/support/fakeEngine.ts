import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import {
  type AgentMethod,
  type AgentParams,
  type AgentResult,
  EngineMethods,
  EnrollRequest,
  type Hello,
  type HostErrorData,
  type HostEvent,
  type NotificationParams,
  type NumberedEvent,
  PROTOCOL,
} from "../../../schema/hostlink.ts";
import { decodeSample, type StatisticsSample } from "../../../schema/hostlinkStatistics.ts";
import { type Authority, createAuthority } from "./pki.ts";
import { eventually } from "./eventually.ts";

type Id = number;
interface Reply {
  id: Id;
  result?: unknown;
  error?: { code: number; message: string; data?: HostErrorData };
}
interface RpcMessage extends Partial<Reply> {
  method?: string;
  params?: unknown;
}
/** The coded failure of a call, as the engine would see it. */
class CallFailed extends Error {
  constructor(
    readonly data: HostErrorData,
    message: string,
  ) {
    super(message);
  }
}

/** An engine with no domain behind it: speaks the host link by hand, so that the agent's library meets other words than its own. */
export interface FakeEngine {
  url: string;
  authority: Authority;
  hostId: string;
  token: string;
  hellos: Hello[];
  /** Every event in the order of its number, each once per incarnation. */
  events: NumberedEvent[];
  /** Numbers of the events of each request, as they came. */
  batches: number[][];
  progress: NotificationParams<"progress">[];
  slots: NotificationParams<"slots">[];
  samples: StatisticsSample[];
  /** Serials of the client certificates that dialled. */
  serials: string[];
  settings: {
    statisticsIntervalMs: number;
    /** Life of the certificates handed out. */
    lifeMs: number;
    /** HTTP status with which a dial is refused. */
    refuse: number | null;
    /** False: events are taken, but never acknowledged. */
    acknowledge: boolean;
    /** True: nothing is read nor ponged. */
    deaf: boolean;
  };
  linked(): Promise<void>;
  call<M extends AgentMethod>(method: M, params: AgentParams<M>, signal?: AbortSignal): Promise<AgentResult<M>>;
  /** Any text, as it is. */
  sendText(text: string): void;
  /** Any bytes, without a frame of ours around them. */
  sendBytes(bytes: Uint8Array): void;
  event<T extends HostEvent["type"]>(
    type: T,
    fits?: (event: Extract<HostEvent, { type: T }>) => boolean,
  ): Promise<Extract<HostEvent, { type: T }>>;
  /** Ends the link without a word. */
  cut(): void;
  close(): Promise<void>;
}

export async function startFakeEngine(address = "127.0.0.1", settings: Partial<FakeEngine["settings"]> = {}): Promise<FakeEngine> {
  const authority = await createAuthority();
  const server = createServer({
    ...(await authority.server([address, "localhost"])),
    ca: authority.pem,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: "TLSv1.3",
  });
  server.listen(0, address);
  await once(server, "listening");
  const engine = blank(authority, `https://${address}:${(server.address() as AddressInfo).port}`, settings);
  const links = new Links(engine);
  server.on("request", (request: IncomingMessage, response) => {
    void answerEnroll(engine, request).then(({ status, body }) => response.writeHead(status).end(JSON.stringify(body)));
  });
  accept(server, engine, links);
  return Object.assign(engine, {
    linked: () => eventually(() => links.current !== null && links.welcomed),
    call: (method: AgentMethod, params: unknown, signal?: AbortSignal) => links.call(method, params, signal),
    sendText: (text: string) => links.current?.send(text),
    sendBytes: (bytes: Uint8Array) => links.streams.get(links.current!)?.write(bytes),
    cut: () => links.current?.terminate(),
    async event(type: string, fits: (event: never) => boolean = () => true) {
      const found = () => engine.events.find(({ event }) => event.type === type && fits(event as never));
      await eventually(() => found() !== undefined, 30_000);
      return found()?.event;
    },
    async close() {
      for (const client of links.all) client.terminate();
      server.close();
      server.closeAllConnections();
    },
  }) as FakeEngine;
}

function blank(authority: Authority, url: string, settings: Partial<FakeEngine["settings"]>) {
  return {
    url,
    authority,
    hostId: randomUUID(),
    token: "spec-token-0123456789",
    hellos: [] as Hello[],
    events: [] as NumberedEvent[],
    batches: [] as number[][],
    progress: [] as NotificationParams<"progress">[],
    slots: [] as NotificationParams<"slots">[],
    samples: [] as StatisticsSample[],
    serials: [] as string[],
    settings: { statisticsIntervalMs: 1_000, lifeMs: 3_600_000, refuse: null, acknowledge: true, deaf: false, ...settings },
  };
}
type State = ReturnType<typeof blank>;

async function answerEnroll(engine: State, request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  const { token, csr } = EnrollRequest.parse(JSON.parse(text));
  if (token !== engine.token) return { status: 403, body: { error: { code: "FORBIDDEN", message: "The token is unknown." } } };
  const certificate = await engine.authority.sign(csr, engine.hostId, engine.settings.lifeMs);
  return {
    status: 200,
    body: { hostId: engine.hostId, certificate, ca: engine.authority.pem, expiresAt: Date.now() + engine.settings.lifeMs },
  };
}

function accept(server: Server, engine: State, links: Links): void {
  const sockets = new WebSocketServer({ noServer: true, autoPong: false });
  server.on("upgrade", (request, socket, head) => {
    const tls = request.socket as import("node:tls").TLSSocket;
    const status = tls.authorized ? engine.settings.refuse : 403;
    if (status !== null) {
      socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 7\r\nConnection: close\r\n\r\nrefused`);
      return;
    }
    engine.serials.push(tls.getPeerX509Certificate()?.serialNumber ?? "");
    sockets.handleUpgrade(request, socket, head, (client) => links.add(client, socket));
  });
}

class Links {
  all: WebSocket[] = [];
  streams = new WeakMap<WebSocket, Duplex>();
  current: WebSocket | null = null;
  welcomed = false;
  #waiting = new Map<Id, (reply: Reply) => void>();
  #lastId = 0;
  #taken = new Map<string, number>();

  constructor(readonly engine: State) {}

  add(client: WebSocket, stream: Duplex): void {
    this.all.push(client);
    this.streams.set(client, stream);
    client.on("ping", () => !this.engine.settings.deaf && client.pong());
    client.on("message", (data, isBinary) => {
      if (this.engine.settings.deaf) return;
      if (isBinary) this.engine.samples.push(decodeSample(new Uint8Array(data as Buffer))!);
      else this.#receive(client, JSON.parse((data as Buffer).toString()) as RpcMessage);
    });
    client.on("close", () => {
      if (this.current === client) [this.current, this.welcomed] = [null, false];
    });
    client.on("error", () => undefined);
  }
  #receive(client: WebSocket, { id, method, params, result, error }: RpcMessage): void {
    if (method === undefined) return this.#waiting.get(id!)?.({ id: id!, result, error });
    if (method === "progress") this.engine.progress.push(params as never);
    if (method === "slots") this.engine.slots.push(params as never);
    if (id !== undefined)
      void this.#answer(client, method, params).then(
        (answer) => answer && client.send(JSON.stringify({ jsonrpc: "2.0", id, result: answer })),
      );
  }
  async #answer(client: WebSocket, method: string, params: unknown): Promise<unknown> {
    const { engine } = this;
    if (method === "hello") {
      const hello = EngineMethods.hello.params.parse(params);
      this.current?.close(4409, "replaced");
      this.current = client;
      engine.hellos.push(hello);
      const acknowledged = this.#take(hello.unacknowledged, hello.incarnation);
      setTimeout(() => (this.welcomed = true), 0);
      const { statisticsIntervalMs, lifeMs } = engine.settings;
      return { protocol: PROTOCOL, engineVersion: "spec", statisticsIntervalMs, acknowledged, certificateExpiresAt: Date.now() + lifeMs };
    }
    if (method === "renew") {
      const { csr } = EngineMethods.renew.params.parse(params);
      engine.settings.lifeMs = 3_600_000;
      return {
        certificate: await engine.authority.sign(csr, engine.hostId, engine.settings.lifeMs),
        ca: engine.authority.pem,
        expiresAt: Date.now() + engine.settings.lifeMs,
      };
    }
    const { events } = EngineMethods.events.params.parse(params);
    engine.batches.push(events.map(({ seq }) => seq));
    return engine.settings.acknowledge ? { acknowledged: this.#take(events, engine.hellos.at(-1)!.incarnation) } : null;
  }
  /** Takes what is new, and refuses a gap as the engine would. */
  #take(events: NumberedEvent[], incarnation: string): number {
    let last = this.#taken.get(incarnation) ?? 0;
    for (const event of events) {
      if (event.seq <= last) continue;
      if (event.seq !== last + 1) throw new Error(`event ${event.seq} follows ${last}`);
      this.engine.events.push(event);
      last = event.seq;
    }
    this.#taken.set(incarnation, last);
    return last;
  }
  call(method: string, params: unknown, signal?: AbortSignal): Promise<unknown> {
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, ({ result, error }) => (error ? reject(new CallFailed(error.data!, error.message)) : resolve(result)));
    const client = this.current!;
    client.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    signal?.addEventListener("abort", () => client.send(JSON.stringify({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id } })));
    return promise;
  }
}
