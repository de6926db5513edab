import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { HostError } from "../../agent/errors.ts";
import type { Identity } from "../../agent/identity.ts";
import { createDispatch, type Handlers } from "../../agent/link/calls.ts";
import { createLink, type Link } from "../../agent/link/link.ts";
import { createOutbox, type Outbox } from "../../agent/link/outbox.ts";
import type { Rpc } from "../../agent/link/rpc.ts";
import { keepAlive } from "../../agent/link/socket.ts";
import type { Hello, HostEvent } from "../../schema/hostlink.ts";
import { eventually } from "./support/eventually.ts";
import { type FakeEngine, startFakeEngine } from "./support/fakeEngine.ts";
import { enrolled } from "./support/identity.ts";

const vmId = randomUUID();
const call = () => ({ key: randomUUID(), jobId: randomUUID(), step: "step", fence: 1 });
const reboot = (): HostEvent => ({ type: "vm.reboot", vmId: randomUUID() });
const host = {
  hostname: "h1",
  hardwareUuid: "",
  cpu: { model: "", vendor: "", features: [], sockets: 1, cores: 1, threads: 1, speed: 0, architecture: "x86_64" },
  memory: 1,
  numaNodes: [],
  virtualization: "qemu",
  machineTypes: [],
  cpuModels: [],
  uefi: false,
  nics: [],
  bridges: [],
  versions: { agent: "", libvirt: "", qemu: "", kernel: "", os: "" },
  migrationUri: "",
} satisfies Hello["host"];

describe("the link to the engine", () => {
  let engine: FakeEngine;
  let link: Link | null;
  let outbox: Outbox;
  let identity: Identity;
  let logged: string[];
  let handlers: Partial<Handlers>;
  let up: Rpc | null;

  beforeEach(async () => {
    [logged, handlers, up, link] = [[], {}, null, null];
    engine = await startFakeEngine();
    outbox = createOutbox(() => undefined);
    identity = await enrolled(engine);
  });
  afterEach(async () => {
    await link?.close();
    await engine.close();
  });
  const start = () => {
    const incarnation = randomUUID();
    link = createLink({
      loadIdentity: async () => identity,
      saveIdentity: async (renewed) => void (identity = renewed),
      describe: async () => ({
        incarnation,
        capabilities: ["vm"],
        host,
        unacknowledged: outbox.forHello(),
        libvirtAvailable: true,
        vms: [],
      }),
      dispatch: createDispatch(handlers as Handlers, (progress) => link?.progress(progress)),
      outbox,
      onUp: (rpc) => (up = rpc),
      onDown: () => (up = null),
      log: (_level, message, fields) => logged.push(`${message} ${JSON.stringify(fields ?? {})}`),
    });
  };

  it("says hello with what was not acknowledged yet, and sends the rest as it happens", async () => {
    outbox.push(reboot());
    start();
    await engine.linked();
    expect(engine.hellos[0]).toMatchObject({ hostId: engine.hostId, unacknowledged: [{ seq: 1 }] });
    outbox.push(reboot());
    await eventually(() => outbox.size === 0);
    expect(engine.events.map(({ seq }) => seq)).toEqual([1, 2]);
  });
  it("comes back after a cut, and loses no event and doubles none", async () => {
    start();
    for (let round = 0; round < 4; round++) {
      await engine.linked();
      for (let i = 0; i < 50; i++) outbox.push(reboot());
      engine.cut();
      outbox.push(reboot());
      await eventually(() => engine.hellos.length === round + 2);
    }
    await eventually(() => outbox.size === 0);
    expect(engine.events.map(({ seq }) => seq)).toEqual(Array.from({ length: 204 }, (_, index) => index + 1));
  });
  it("answers calls, with the code of what went wrong", async () => {
    handlers["vm.destroy"] = async () => ({});
    handlers["vm.resume"] = async () => {
      throw new HostError("LIBVIRT", "refused", { code: 55, domain: 10 });
    };
    start();
    await engine.linked();
    expect(await engine.call("vm.destroy", { vmId, call: call() })).toEqual({});
    await expect(engine.call("vm.resume", { vmId, call: call() })).rejects.toMatchObject({
      data: { code: "LIBVIRT", libvirt: { code: 55, domain: 10 } },
    });
    await expect(engine.call("vm.destroy", {} as never)).rejects.toMatchObject({ data: { code: "INVALID" } });
    await expect(engine.call("vm.fly" as never, {} as never)).rejects.toMatchObject({ data: { code: "UNSUPPORTED" } });
  });
  it("carries progress and the cancellation of a call", async () => {
    handlers["vm.suspend"] = (_params, { signal, progress }) => {
      progress({ percent: 10 });
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new HostError("CANCELLED", "aborted"))));
    };
    start();
    await engine.linked();
    const context = call();
    const cancel = new AbortController();
    const pending = engine.call("vm.suspend", { vmId, memoryPath: "/m", call: context }, cancel.signal);
    await eventually(() => engine.progress.length === 1);
    expect(engine.progress[0]).toEqual({ key: context.key, percent: 10 });
    cancel.abort();
    await expect(pending).rejects.toMatchObject({ data: { code: "CANCELLED" } });
  });
  it("lets a call outlive it: who repeats the call on the next link gets its outcome", async () => {
    const { promise, resolve } = Promise.withResolvers<Record<string, never>>();
    let runs = 0;
    handlers["vm.destroy"] = () => (runs++, promise);
    start();
    await engine.linked();
    const context = call();
    void engine.call("vm.destroy", { vmId, call: context });
    await eventually(() => runs === 1);
    engine.cut();
    await eventually(() => engine.hellos.length === 2);
    await engine.linked();
    const repeat = engine.call("vm.destroy", { vmId, call: context });
    resolve({});
    expect(await repeat).toEqual({});
    expect(runs).toBe(1);
  });
  it("renews the certificate at two thirds of its life, and moves to a new link with it", async () => {
    identity = await enrolled(engine, 4_000);
    start();
    await engine.linked();
    const first = up;
    await eventually(() => engine.hellos.length === 2, 8_000);
    await eventually(() => up !== first);
    expect(new Set(engine.serials).size).toBe(2);
    expect(engine.hellos[1]?.incarnation).toBe(engine.hellos[0]?.incarnation);
    outbox.push(reboot());
    await eventually(() => outbox.size === 0);
  });
  it("stays down, with the reason in the log, when the engine refuses it", async () => {
    engine.settings.refuse = 403;
    start();
    await eventually(() => logged.length > 0);
    expect(logged[0]).toContain("HTTP 403 refused");
    engine.settings.refuse = null;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(engine.hellos).toEqual([]);
  });
  it("is not made with an engine of another authority", async () => {
    const other = await startFakeEngine();
    identity = { ...identity, ca: other.authority.pem };
    await other.close();
    start();
    await eventually(() => logged.length > 0);
    expect(engine.serials).toEqual([]);
  });
  it.each([
    ["no JSON", "{]"],
    ["null", "null"],
    ["a list", "[]"],
    ["another protocol", '{"jsonrpc":"1.0"}'],
    ["an id of null", '{"jsonrpc":"2.0","id":null,"method":"host.vms","params":{}}'],
    ["an id that is an object", '{"jsonrpc":"2.0","id":{},"method":"host.vms","params":{}}'],
    ["a cancellation of nothing", '{"jsonrpc":"2.0","method":"$/cancelRequest"}'],
    ["a cancellation of an object", '{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":{}}}'],
    ["a method that is a number", '{"jsonrpc":"2.0","id":1,"method":7,"params":null}'],
    ["an answer to nothing", '{"jsonrpc":"2.0","id":99,"result":{}}'],
    ["an error that is null", '{"jsonrpc":"2.0","id":99,"error":null}'],
    ["nothing", '{"jsonrpc":"2.0"}'],
    ["an endless method", `{"jsonrpc":"2.0","id":3,"method":"${"x".repeat(100_000)}","params":{}}`],
    ["lists within lists", `{"jsonrpc":"2.0","id":3,"method":"vm.start","params":${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
  ])("survives whatever the engine says: %s", async (_what, text) => {
    handlers["vm.destroy"] = async () => ({});
    start();
    await engine.linked();
    engine.sendText(text);
    // On this link, or on the next where it was closed for it.
    await eventually(async () => {
      if (!up) return false;
      await engine.linked();
      return Promise.race([
        engine.call("vm.destroy", { vmId, call: call() }).then(() => true),
        new Promise<boolean>((resolve) => setTimeout(resolve, 300, false)),
      ]);
    });
  });
  it("is closed when the engine talks nonsense", async () => {
    start();
    await engine.linked();
    engine.sendText("{]");
    await eventually(() => engine.hellos.length === 2);
    expect(logged.join()).toContain("4400");
  });
  it("answers with an error what would not fit in a frame, and stays", async () => {
    handlers["host.vms"] = async () => ({ vms: "x".repeat(4 * 1024 * 1024) }) as never;
    handlers["vm.destroy"] = async () => ({});
    start();
    await engine.linked();
    await expect(engine.call("host.vms", {})).rejects.toMatchObject({ data: { code: "INTERNAL" } });
    expect(await engine.call("vm.destroy", { vmId, call: call() })).toEqual({});
    expect(engine.hellos).toHaveLength(1);
  });
  it("says what was acknowledged never again: not after the welcome, and not in the next hello", async () => {
    for (let n = 0; n < 3; n++) outbox.push(reboot());
    start();
    await engine.linked();
    outbox.push(reboot());
    await eventually(() => outbox.size === 0);
    engine.cut();
    await eventually(() => engine.hellos.length === 2);
    outbox.push(reboot());
    await eventually(() => outbox.size === 0);
    expect(engine.hellos.map(({ unacknowledged }) => unacknowledged.map(({ seq }) => seq))).toEqual([[1, 2, 3], []]);
    expect(engine.batches).toEqual([[4], [5]]);
  });
});

describe("the heartbeat", () => {
  it("keeps a link on which pongs come, and cuts one on which nothing does", async () => {
    for (const autoPong of [true, false]) {
      const server = new WebSocketServer({ port: 0, host: "127.0.0.1", autoPong });
      await once(server, "listening");
      let pings = 0;
      server.on("connection", (peer) => peer.on("ping", () => pings++));
      const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
      await once(socket, "open");
      keepAlive(socket, 100);
      await eventually(() => pings >= 5 || socket.readyState !== WebSocket.OPEN);
      expect(socket.readyState === WebSocket.OPEN).toBe(autoPong);
      socket.terminate();
      server.close();
    }
  });
});
