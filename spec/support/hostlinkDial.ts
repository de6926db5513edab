import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import { WebSocket, type ClientOptions } from "ws";
import { PROTOCOL, type Hello } from "../../schema/hostlink.ts";
import { capabilitiesOf, DEFAULT_MODEL } from "../../lab/simulated/model.ts";
import type { Identity } from "../../lab/simulated/wire.ts";

/** A link that a spec drives frame by frame. */
export interface RawLink {
  readonly socket: WebSocket;
  send(frame: unknown): void;
  /** The next text frame, parsed. */
  next(): Promise<{ id?: number; method?: string; params?: unknown; result?: unknown; error?: { code: number; data?: unknown } }>;
  /** The close code, once it is closed. */
  closed: Promise<number>;
}

/** Resolves with the HTTP status of a refused dial. Rejects when it was let in. */
export async function refusedDial(url: string, options: ClientOptions): Promise<number> {
  const socket = new WebSocket(`${url.replace("https", "wss")}/hostlink`, { rejectUnauthorized: false, ...options });
  return new Promise((resolve, reject) => {
    socket.on("unexpected-response", (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on("open", () => reject(new Error("The dial was let in.")));
    socket.on("error", reject);
  });
}

export async function rawLink(url: string, identity: Identity): Promise<RawLink> {
  const { certificate, key, ca } = identity;
  const socket = new WebSocket(`${url.replace("https", "wss")}/hostlink`, { cert: certificate, key, ca, perMessageDeflate: false });
  const frames: string[] = [];
  const readers: ((frame: string) => void)[] = [];
  socket.on("message", (data) => {
    const reader = readers.shift();
    if (reader === undefined) frames.push(String(data));
    else reader(String(data));
  });
  socket.on("error", () => {});
  onTestFinished(() => socket.terminate());
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
  const next = async () => JSON.parse(frames.shift() ?? (await new Promise<string>((resolve) => readers.push(resolve))));
  return {
    socket,
    closed,
    next,
    send: (frame) => socket.send(typeof frame === "string" || frame instanceof Uint8Array ? frame : JSON.stringify(frame)),
  };
}

/** A truthful hello of a host without VMs. */
export function hello(hostId: string, overrides: Partial<Hello> = {}): Hello {
  return {
    protocol: PROTOCOL,
    hostId,
    incarnation: randomUUID(),
    capabilities: ["vm", "vm.migrate", "vm.suspend", "disk.file", "statistics.columns"],
    host: capabilitiesOf({ hostname: "raw", ...DEFAULT_MODEL }, hostId),
    unacknowledged: [],
    libvirtAvailable: true,
    vms: [],
    ...overrides,
  };
}

export const request = (id: number, method: string, params: unknown) => ({ jsonrpc: "2.0", id, method, params });

/** Dials, says hello and reads the welcome. */
export async function greetedLink(url: string, identity: Identity, overrides: Partial<Hello> = {}): Promise<RawLink> {
  const link = await rawLink(url, identity);
  link.send(request(1, "hello", hello(identity.hostId, overrides)));
  await link.next();
  return link;
}
