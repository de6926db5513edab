import { randomBytes } from "node:crypto";
import { once } from "node:events";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import tls from "node:tls";
import type { Identity } from "../../lab/simulated/wire.ts";
import { upgradeHead } from "./rawHttp.ts";

/** How somebody comes to a port: his connection, and what he writes to, which is the same where there is no TLS between. */
type Entrance = () => { tcp: net.Socket; stream: net.Socket };

export const plainEntrance =
  (port: number): Entrance =>
  () => {
    const tcp = net.connect(port, "127.0.0.1");
    return { tcp, stream: tcp };
  };

/** With a host's certificate when one is given. */
export const secureEntrance =
  (port: number, { certificate: cert, key }: Partial<Identity> = {}): Entrance =>
  () => {
    const tcp = net.connect(port, "127.0.0.1");
    return { tcp, stream: tls.connect({ socket: tcp, rejectUnauthorized: false, cert, key }) };
  };

const post = (target: string, more: string, body = ""): string =>
  `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${more}\r\n\r\n${body}`;
const whole = (target: string, body: string, more = ""): string =>
  post(target, `Content-Length: ${Buffer.byteLength(body)}${more && `\r\n${more}`}`, body);

/** A client's WebSocket frame, masked with zeros; its length is what it says, not what follows. */
function webSocketFrame(first: number, length: number, payload: Buffer | string = ""): Buffer {
  const head = Buffer.alloc(14);
  head[0] = first;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, Buffer.from(payload)]);
}
const textFrame = (text: string): Buffer => webSocketFrame(0x81, Buffer.byteLength(text), text);
const message = (value: unknown): Buffer => textFrame(JSON.stringify(value));

const guess = (index: number) =>
  whole(
    "/graphql",
    JSON.stringify({ query: `mutation { login(user: "nobody${index}", password: "guess${index}") { accessToken } }` }),
    `X-Forwarded-For: 10.9.8.${index % 250}`,
  );

const REQUESTS = [
  "GET / HTTP/1.1\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: x\r\n",
  "GET //[:: HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET /%c0%af..%2f..%2fetc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
  "BREW /\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "CONNECT evil:1 HTTP/1.1\r\nHost: x\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
  "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n",
  `GET /${"x".repeat(100_000)} HTTP/1.1\r\n`,
  `GET / HTTP/1.1\r\nHost: x\r\n${"X: y\r\n".repeat(5_000)}`,
  `GET / HTTP/1.1\r\nHost: x\r\nCookie: ${"a=b;".repeat(3_000)}\r\n\r\n`,
  "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100),
  "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET",
  `GET /graphql?query=${"%7B".repeat(3_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  ...["/graphql", "/enroll", "/"].flatMap((target) => [
    post(target, "Content-Length: 1000", '{"query":"half of it'),
    post(target, "Content-Length: 99999999999999999999"),
    post(target, "Transfer-Encoding: chunked", "zz\r\n"),
    post(target, "Transfer-Encoding: chunked", "ffffff\r\nhalf"),
    post(target, "Expect: 100-continue\r\nContent-Length: 5"),
    whole(target, randomBytes(2_000).toString("latin1"), "Content-Encoding: gzip"),
    whole(target, `{"query":"{ __typename }","variables":${'{"a":'.repeat(3_000)}1${"}".repeat(3_000)}}`),
    whole(target, `{"query":"{ __typename } #${"x".repeat(1_000_000)}"}`),
    whole(target, '{"__proto__":{"token":1},"token":["x"],"csr":{}}'),
    whole(target, '{"token":"a-token-that-is-none-0123456789","csr":"-----BEGIN CERTIFICATE REQUEST-----\\nAAAA"}'),
  ]),
];
const UPGRADES = ["//", "/x", "/graphql", "/graphql?x=//", "/hostlink", "/hostlink/..", "http://", "*", "\\", "/%00\\u202e"].flatMap(
  (target) => [upgradeHead(target), upgradeHead(target, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99")],
);
const FRAMES = [
  randomBytes(1_000),
  webSocketFrame(0x81, 10, "half"),
  webSocketFrame(0x81, 2 ** 40),
  webSocketFrame(0xf1, 4, "{}{}"),
  webSocketFrame(0x81, 4, Buffer.from([0xff, 0xfe, 0xfd, 0xfc])),
  webSocketFrame(0x01, 4, "{}{}"),
  webSocketFrame(0x89, 1_000, Buffer.alloc(1_000)),
  webSocketFrame(0x88, 1, Buffer.from([1])),
  Buffer.concat(Array.from({ length: 500 }, () => webSocketFrame(0x89, 0))),
  webSocketFrame(0x82, 64, randomBytes(64)),
  ...["null", "[]", "{]", '{"type":7}', '{"jsonrpc":"2.0","id":{},"method":"hello"}', "[".repeat(10_000)].map(textFrame),
  message({ type: "connection_init", payload: { authorization: "Bearer a.b.c" } }),
  message({ type: "subscribe", id: "1", payload: { query: "{ __typename }" } }),
  Buffer.concat([
    message({ type: "connection_init" }),
    ...Array.from({ length: 20 }, (_, id) =>
      message({ type: "subscribe", id: `${id}`, payload: { query: `{ __typename } #${id}${"x".repeat(10_000)}` } }),
    ),
  ]),
  Buffer.concat([
    message({ type: "connection_init" }),
    message({ type: "subscribe", id: "1", payload: { query: `{ __typename } #${"x".repeat(1_000_000)}` } }),
  ]),
  Buffer.concat([
    message({ type: "connection_init" }),
    message({ type: "subscribe", id: "1", payload: { query: "subscription { changes { id } }" } }),
    message({ type: "complete", id: "1" }),
    message({ type: "complete", id: "1" }),
  ]),
];

/** What is thrown at a port. */
const THROWN: readonly Buffer[] = [
  Buffer.alloc(0),
  randomBytes(500),
  randomBytes(64 * 1024),
  // The beginning of a TLS handshake, and then nothing.
  Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]),
  ...[...REQUESTS, ...UPGRADES, guess(1), guess(2)].map((text) => Buffer.from(text, "latin1")),
  ...["/graphql", "/hostlink"].flatMap((target) => FRAMES.map((frame) => Buffer.concat([Buffer.from(upgradeHead(target)), frame]))),
];

/** How it ends: at once by a reset, by a reset when it was sent, in order, in the midst, or not until somebody is tired of it. */
const ENDINGS = ["reset", "late reset", "end", "half", "silence"] as const;
type Ending = (typeof ENDINGS)[number];
const HELD_MS = 2_000;

/** Throws once; resolves when it is over. Never rejects. */
async function throwAt(entrance: Entrance, bytes: Buffer, ending: Ending): Promise<void> {
  const { tcp, stream } = entrance();
  for (const each of [tcp, stream]) each.on("error", () => undefined);
  stream.resume();
  const closed = new Promise<void>((resolve) => tcp.once("close", () => resolve()));
  const reset = () => void tcp.resetAndDestroy();
  const patience = setTimeout(reset, HELD_MS);
  await Promise.race([once(stream, stream === tcp ? "connect" : "secureConnect").catch(() => undefined), closed]);
  const sent = ending === "half" ? bytes.subarray(0, bytes.length / 2) : bytes;
  if (!tcp.destroyed) {
    if (ending === "end") stream.end(sent);
    else stream.write(sent, () => ending === "late reset" && setTimeout(reset, 20));
    if (ending === "reset") reset();
    if (ending === "half") setTimeout(reset, 5);
  }
  await closed;
  clearTimeout(patience);
}

/** Throws everything in every way at every entrance, over and over, `atOnce` at a time, until it is told to stop; answers how often. */
export async function throwEverything(entrances: readonly Entrance[], atOnce: number, stop: AbortSignal): Promise<number> {
  let thrown = 0;
  const thrower = async () => {
    while (!stop.aborted) {
      const turn = thrown++;
      const entrance = entrances[turn % entrances.length]!;
      const bytes = THROWN[Math.floor(turn / entrances.length) % THROWN.length]!;
      await throwAt(entrance, bytes, ENDINGS[Math.floor(turn / entrances.length / THROWN.length + turn) % ENDINGS.length]!);
      await sleep(5);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, thrower));
  return thrown;
}

/** Keeps so many connections at the port that say nothing; who is thrown out comes again. */
export async function crowd(port: number, size: number, stop: AbortSignal): Promise<number> {
  let most = 0;
  const there = new Set<net.Socket>();
  const come = () => {
    const socket = net.connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.once("connect", () => (most = Math.max(most, there.add(socket).size)));
    socket.once("close", () => {
      there.delete(socket);
      if (!stop.aborted) setTimeout(come, 200);
    });
    stop.addEventListener("abort", () => socket.resetAndDestroy(), { once: true });
  };
  for (let number = 0; number < size && !stop.aborted; number += 50) {
    for (let index = 0; index < 50; index++) come();
    await sleep(10);
  }
  if (!stop.aborted) await once(stop, "abort");
  return most;
}
