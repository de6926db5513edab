import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, ConnectionLost, openConnection, VirError } from "../../agent/libvirt/connection.ts";
import { EventProcedure, Procedure } from "../../agent/libvirt/constants.ts";
import { decodeEvent } from "../../agent/libvirt/events.ts";
import { XdrWriter } from "../../agent/libvirt/xdr.ts";
import { eventually } from "./support/eventually.ts";
import { type FakeLibvirt, Refusal, startFakeLibvirt } from "./support/fakeLibvirt.ts";

const { CONNECT_GET_CAPABILITIES: CAPABILITIES, DOMAIN_CREATE_XML: CREATE } = Procedure;
const domain = { uuid: "11111111-0000-4000-8000-000000000001", name: "vm", id: 4 };

describe("a connection to libvirt", () => {
  let libvirt: FakeLibvirt;
  let connection: Connection;
  beforeEach(async () => {
    libvirt = await startFakeLibvirt();
    connection = await openConnection({ socketPath: libvirt.socketPath, uri: "test:///default" });
  });
  afterEach(async () => {
    connection.close();
    await libvirt.close();
  });

  it("gives each answer to its own call, in whatever order they come", async () => {
    const release = Promise.withResolvers<void>();
    libvirt.procedures[CREATE] = async () => (await release.promise, new XdrWriter().string("slow"));
    libvirt.procedures[CAPABILITIES] = () => new XdrWriter().string("fast");
    const slow = connection.call(CREATE, new XdrWriter());
    expect((await connection.call(CAPABILITIES, new XdrWriter())).string()).toBe("fast");
    release.resolve();
    expect((await slow).string()).toBe("slow");
  });
  it("puts a message together from chunks of any size", async () => {
    const text = "x".repeat(100_000);
    libvirt.procedures[CAPABILITIES] = () => new XdrWriter().string(text);
    for (const chunk of [1_000, 4_099, 65_536]) {
      libvirt.chunk = chunk;
      const answers = await Promise.all([1, 2, 3].map(() => connection.call(CAPABILITIES, new XdrWriter())));
      expect(answers.map((answer) => answer.string())).toEqual([text, text, text]);
    }
    libvirt.chunk = 1;
    libvirt.procedures[CAPABILITIES] = () => new XdrWriter().string("short");
    expect((await connection.call(CAPABILITIES, new XdrWriter())).string()).toBe("short");
  });
  it("rejects with libvirt's own code and domain", async () => {
    libvirt.procedures[CREATE] = () => {
      throw new Refusal(27, "bad XML");
    };
    const error = await connection.call(CREATE, new XdrWriter()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(VirError);
    expect(error).toMatchObject({ code: 27, domain: 10, message: "bad XML" });
  });
  it("hands over events", async () => {
    const events: unknown[] = [];
    const listening = await openConnection({
      socketPath: libvirt.socketPath,
      uri: "test:///default",
      onEvent: (procedure, body) => events.push(decodeEvent(procedure, body)),
    });
    libvirt.event(EventProcedure.LIFECYCLE, new XdrWriter().int(7).domain(domain).int(5).int(3));
    libvirt.event(EventProcedure.AGENT_LIFECYCLE, new XdrWriter().int(7).domain(domain).int(1).int(2));
    libvirt.event(9_999, new XdrWriter().int(7));
    await eventually(() => events.length === 3);
    expect(events).toEqual([{ kind: "lifecycle", domain, event: 5, detail: 3 }, { kind: "agent", domain }, null]);
    listening.close();
  });
  it("answers the daemon's pings", async () => {
    libvirt.ping();
    libvirt.ping();
    await eventually(() => libvirt.pongs === 2);
  });
  it("ends when the daemon answers no pings", async () => {
    const watchful = await openConnection({ socketPath: libvirt.socketPath, uri: "test:///default", keepaliveMs: 50 });
    await eventually(() => libvirt.pings >= 4);
    libvirt.frozen = true;
    expect(await watchful.closed).toBe("the daemon does not answer pings");
  });
  it("fails what is under way, and all that follows, when the daemon goes", async () => {
    libvirt.procedures[CREATE] = () => {
      void libvirt.stop();
      return new Promise(() => undefined);
    };
    const pending = connection.call(CREATE, new XdrWriter());
    await expect(pending).rejects.toBeInstanceOf(ConnectionLost);
    await expect(connection.call(CREATE, new XdrWriter())).rejects.toBeInstanceOf(ConnectionLost);
  });
  it("ends when a message has an absurd length", async () => {
    libvirt.raw(new Uint8Array([255, 255, 255, 255, 0]));
    expect(await connection.closed).toContain("libvirt message of");
  });
  it("does not open where there is no daemon", async () => {
    await expect(openConnection({ socketPath: "/nowhere/libvirt-sock", uri: "test:///default" })).rejects.toBeInstanceOf(ConnectionLost);
  });
});
