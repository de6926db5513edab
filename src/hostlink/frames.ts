import type { Message } from "vscode-jsonrpc/node";
import { z } from "zod";
import { AgentNotifications, CloseCode, EngineMethods, PROTOCOL } from "../../schema/hostlink.ts";
import { MOST_METHOD_BYTES } from "../../schema/hostlinkLimits.ts";

/** How many minor versions an agent may be behind the engine. */
const OLDER_MINORS = 2;

/** Why a link is closed: one of the contract's codes, and words for the log and the close frame. */
export interface Refusal {
  code: (typeof CloseCode)[keyof typeof CloseCode];
  reason: string;
}
export type Frame = { message: Message } | { refusal: Refusal };

const rpcId = z.union([z.int(), z.string().max(100)]);
const jsonrpc = z.literal("2.0");
const Envelope = z.union([
  z.object({ jsonrpc, id: rpcId, method: z.string(), params: z.unknown() }),
  z.strictObject({ jsonrpc, method: z.string(), params: z.unknown() }),
  z.strictObject({ jsonrpc, id: rpcId, result: z.unknown().refine((value) => value !== undefined) }),
  z.strictObject({ jsonrpc, id: rpcId, error: z.object({ code: z.int(), message: z.string(), data: z.unknown() }) }),
]);
const Cancel = z.object({ id: rpcId });
const SpokenVersion = z.object({ protocol: z.object({ major: z.int(), minor: z.int() }) });

const malformed = (reason: string): Frame => ({ refusal: { code: CloseCode.MALFORMED, reason } });
const complain = (what: string, error: z.ZodError) => malformed(`${what}: ${error.issues[0]?.path.join(".")} ${error.issues[0]?.message}`);

/** Reads one text frame of an agent: a request or notification of the contract with checked parameters, or a response. */
export function readFrame(data: Buffer): Frame {
  let json: unknown;
  try {
    json = JSON.parse(data.toString());
  } catch {
    return malformed("not JSON");
  }
  const envelope = Envelope.safeParse(json);
  if (!envelope.success) return malformed("not JSON-RPC 2.0");
  const message = envelope.data;
  if (!("method" in message)) return { message };
  const most = ownEntry(MOST_METHOD_BYTES, message.method) ?? Infinity;
  if (data.length > most) return malformed(`${message.method} of ${data.length} bytes`);
  return "id" in message ? readRequest(message) : readNotification(message);
}

function readRequest(message: Message & { method: string; params: unknown }): Frame {
  const method = ownEntry(EngineMethods, message.method);
  if (method === undefined) return malformed(`unknown method ${message.method.slice(0, 60)}`);
  if (method === EngineMethods.hello && !speaksOurVersion(message.params)) return versionRefusal(message.params);
  const params = method.params.safeParse(message.params);
  return params.success ? { message: { ...message, params: params.data } as Message } : complain(message.method, params.error);
}

function readNotification(message: Message & { method: string; params: unknown }): Frame {
  const shape = message.method === "$/cancelRequest" ? Cancel : ownEntry(AgentNotifications, message.method);
  if (shape === undefined) return malformed(`unknown notification ${message.method.slice(0, 60)}`);
  const params = shape.safeParse(message.params);
  return params.success ? { message: { ...message, params: params.data } as Message } : complain(message.method, params.error);
}

// A name that the object only inherits (`constructor`) is not in the contract.
const ownEntry = <T extends object>(table: T, name: string): T[keyof T] | undefined =>
  Object.hasOwn(table, name) ? table[name as keyof T] : undefined;

function speaksOurVersion(params: unknown): boolean {
  const spoken = SpokenVersion.safeParse(params);
  // Without a readable version it is no hello at all: the full check says what is wrong with it.
  if (!spoken.success) return true;
  const { major, minor } = spoken.data.protocol;
  return major === PROTOCOL.major && minor <= PROTOCOL.minor && minor >= PROTOCOL.minor - OLDER_MINORS;
}

function versionRefusal(params: unknown): Frame {
  const { major, minor } = SpokenVersion.parse(params).protocol;
  const reason = `agent speaks ${major}.${minor}, engine ${PROTOCOL.major}.${PROTOCOL.minor}`;
  return { refusal: { code: CloseCode.VERSION, reason } };
}
