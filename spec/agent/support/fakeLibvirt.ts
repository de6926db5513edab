import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Keepalive, MessageType, Procedure, Program, PROGRAM_VERSION, Status } from "../../../agent/libvirt/constants.ts";
import { createFramer, frame } from "../../../agent/libvirt/frames.ts";
import { XdrReader, XdrWriter } from "../../../agent/libvirt/xdr.ts";

/** What a procedure answers; a throw of Refusal becomes libvirt's error. */
export type Procedures = Record<number, (args: XdrReader) => XdrWriter | Promise<XdrWriter>>;
export class Refusal {
  constructor(
    readonly code: number,
    readonly message = "refused",
  ) {}
}
export interface FakeLibvirt {
  socketPath: string;
  procedures: Procedures;
  /** Bytes per chunk in which everything is sent. */
  chunk: number;
  pongs: number;
  pings: number;
  /** True: pings are not answered. */
  frozen: boolean;
  connections: number;
  event(procedure: number, body: XdrWriter): void;
  ping(): void;
  raw(bytes: Uint8Array): void;
  /** The daemon dies; its socket goes with it. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

const nothing = () => new XdrWriter();

/** A daemon that speaks libvirt's wire on a unix socket, with the procedures that a spec gives it. */
export async function startFakeLibvirt(procedures: Procedures = {}): Promise<FakeLibvirt> {
  const folder = await mkdtemp(join(tmpdir(), "fake-libvirt-"));
  const clients = new Set<net.Socket>();
  let server: net.Server | null = null;
  const send = (client: net.Socket, bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length; at += fake.chunk) client.write(bytes.slice(at, at + fake.chunk));
  };
  const fake: FakeLibvirt = {
    socketPath: join(folder, "libvirt-sock"),
    procedures: {
      [Procedure.AUTH_LIST]: () => new XdrWriter().uint(0),
      [Procedure.CONNECT_OPEN]: nothing,
      [Procedure.CONNECT_SUPPORTS_FEATURE]: () => new XdrWriter().int(1),
      [Procedure.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY]: () => new XdrWriter().int(0),
      ...procedures,
    },
    chunk: 65_536,
    pongs: 0,
    pings: 0,
    frozen: false,
    connections: 0,
    event: (procedure, body) => fake.raw(message(Program.REMOTE, procedure, body.finish())),
    ping: () => fake.raw(message(Program.KEEPALIVE, Keepalive.PING)),
    raw: (bytes) => clients.forEach((client) => send(client, bytes)),
    async start() {
      server = net.createServer((client) => {
        fake.connections++;
        clients.add(client);
        client.on("close", () => clients.delete(client));
        client.on("error", () => undefined);
        client.setNoDelay(true);
        client.on(
          "data",
          createFramer((bytes) => void serve(fake, bytes).then((answer) => answer && send(client, answer))),
        );
      });
      server.listen(fake.socketPath);
      await once(server, "listening");
    },
    async stop() {
      server?.close();
      for (const client of clients) client.destroy();
    },
    async close() {
      await fake.stop();
      await rm(folder, { recursive: true });
    },
  };
  await fake.start();
  return fake;
}

const message = (program: number, procedure: number, body: Uint8Array = new Uint8Array()) =>
  frame({ program, version: PROGRAM_VERSION, procedure, type: MessageType.MESSAGE, serial: 0, status: Status.OK }, body);

async function serve(fake: FakeLibvirt, bytes: Uint8Array): Promise<Uint8Array | null> {
  const body = new XdrReader(bytes);
  const [program, version, procedure, , serial] = [body.uint(), body.uint(), body.uint(), body.uint(), body.uint(), body.uint()];
  if (program === Program.KEEPALIVE) {
    if (procedure === Keepalive.PONG) fake.pongs++;
    if (procedure === Keepalive.PING) fake.pings++;
    return procedure === Keepalive.PING && !fake.frozen ? message(Program.KEEPALIVE, Keepalive.PONG) : null;
  }
  const reply = (status: number, answer: XdrWriter) =>
    frame({ program, version, procedure, type: MessageType.REPLY, serial, status }, answer.finish());
  try {
    const answer = await (fake.procedures[procedure] ?? refuse)(body);
    return reply(Status.OK, answer);
  } catch (error) {
    const refusal = error as Refusal;
    return reply(Status.ERROR, new XdrWriter().int(refusal.code).int(10).optionalString(refusal.message).int(2));
  }
}

function refuse(): never {
  throw new Refusal(3, "no such procedure here");
}
