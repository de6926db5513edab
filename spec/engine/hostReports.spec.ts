import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { CloseCode, type GuestReport, type HostCapabilities, type HostEvent } from "../../schema/hostlink.ts";
import { MOST_CAPABILITIES_BYTES, MOST_VMS } from "../../schema/hostlinkLimits.ts";
import { encodeSample, HOST_METRICS } from "../../schema/hostlinkStatistics.ts";
import { until } from "../../lab/graphql.ts";
import type { DatabaseUrl } from "../../src/db/database.ts";
import { ChangeRow, HostSession } from "../../src/db/tables.ts";
import { Event } from "../../src/domain/event/event.ts";
import { createNotices } from "../../src/domain/host/notices.ts";
import { speakerOf, takePieces, type Piece } from "../../src/domain/host/take.ts";
import { seed } from "../../src/domain/seed.ts";
import { openStore, projectDatabase } from "../support/database.ts";
import { addHosts } from "../support/engineRows.ts";
import { running, startHostileHost, type HostileHost } from "../support/hostileHost.ts";
import { startWholeEngine, type WholeEngine } from "../support/wholeEngine.ts";

const NASTY = `a\0b\u0007c\ud800d\u202e${"x".repeat(5_000)}`;
const guest = (patch: Partial<GuestReport> = {}): GuestReport => ({
  hostname: "web",
  os: null,
  timeZone: null,
  nics: [],
  applications: [],
  ...patch,
});
const paused = (vmId: string): HostEvent => ({ type: "vm.state", vm: running(vmId, { state: "PAUSED", pauseReason: "USER" }) });
const unpaused = (vmId: string): HostEvent => ({ type: "vm.state", vm: running(vmId) });
const vmRow = (whole: WholeEngine, id: string) => whole.engine.journal.snapshot().need("Vm", id);
const hostRow = (whole: WholeEngine, { hostId }: HostileHost) => whole.engine.journal.snapshot().need("Host", hostId);

/** A host and a VM of its own. */
async function hostWithVm(whole: WholeEngine): Promise<{ host: HostileHost; vmId: string }> {
  const host = await startHostileHost(whole);
  const vmId = await whole.addVm();
  host.runs = [running(vmId)];
  await host.tell(unpaused(vmId));
  return { host, vmId };
}

describe("What a host reports is made to fit", () => {
  test("so that a guest that calls itself something unspeakable keeps nothing from being taken in", async () => {
    const whole = await startWholeEngine(0);
    const { host, vmId } = await hostWithVm(whole);
    const nics = Array.from({ length: 1_000 }, () => ({
      name: NASTY,
      mac: NASTY,
      addresses: Array.from({ length: 20 }, () => ({ address: NASTY.slice(0, 100), version: "V4" as const, prefix: -5 })),
    }));
    const os = { family: NASTY, distribution: NASTY, version: "", codename: "", kernel: "", architecture: "" };
    const answer = await host.tell(
      { type: "vm.guest", vmId, guest: guest({ hostname: NASTY, os, applications: [NASTY] }) },
      { type: "vm.guest", vmId, guest: guest({ hostname: NASTY, nics: nics.slice(0, 200) }) },
      paused(vmId),
    );
    expect(answer.result).toEqual({ acknowledged: 4 });
    expect(vmRow(whole, vmId)).toMatchObject({ status: "PAUSED", fqdn: `abc\ufffdd${"x".repeat(250)}` });
    expect(vmRow(whole, vmId).reportedDevices).toHaveLength(64);
    expect(hostRow(whole, host).status).toBe("UP");
  });

  test("so that an id in capitals is the same VM's", async () => {
    const whole = await startWholeEngine(0);
    const { host, vmId } = await hostWithVm(whole);
    const shouted = vmId.toUpperCase();
    await host.tell({ type: "vm.guest", vmId: shouted, guest: guest({ hostname: "loud" }) });
    await host.tell({ type: "vm.reboot", vmId: shouted });
    expect(vmRow(whole, vmId)).toMatchObject({ fqdn: "loud", status: "POWERING_UP" });
    await host.tell(paused(shouted));
    expect(vmRow(whole, vmId).status).toBe("PAUSED");
    await host.tell({ type: "host.truth", vms: [running(shouted)] });
    expect(vmRow(whole, vmId)).toMatchObject({ status: "UP", hostId: host.hostId });
    await host.tell({ type: "vm.gone", vmId: shouted, reason: "SHUTDOWN" });
    expect(vmRow(whole, vmId)).toMatchObject({ status: "DOWN", hostId: null });
  });

  test("so that times that no clock can have said break no answer", async () => {
    const whole = await startWholeEngine(0);
    const host = await startHostileHost(whole);
    const vmId = await whole.addVm();
    await host.tell({ type: "vm.state", vm: running(vmId, { startedAt: 8_000_000_000_000_000 }) });
    host.notify("slots", { generation: 1, vmIds: [vmId] });
    const columns = new Float32Array(8).fill(1);
    host.link.send(encodeSample({ generation: 1, at: 8e18, host: new Float32Array(HOST_METRICS.length), vms: columns, vmCount: 1 }));
    await expect.poll(() => whole.engine.statistics.vm(vmId), { timeout: 5_000 }).not.toBeNull();
    const query = `query ($vm: ID!, $host: ID!) { vm(id: $vm) { startTime usage { at uptime } } host(id: $host) { usage { at } } }`;
    const { vm, host: shown } = await whole.client.query<any>(query, { vm: vmId, host: host.hostId });
    for (const at of [vm.startTime, vm.usage.at, shown.usage.at]) expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(60_000);
  });

  test("so that numbers beyond every machine can be stored and shown", async () => {
    const whole = await startWholeEngine(0);
    const host = await startHostileHost(whole);
    const { capabilities } = hostRow(whole, host);
    const huge = 2 ** 52;
    const absurd: HostCapabilities = {
      ...capabilities!,
      cpu: { ...capabilities!.cpu, sockets: huge, cores: -huge, threads: 0, speed: 1e300, model: NASTY },
      memory: huge,
      numaNodes: [{ index: -1, memory: huge, cpus: [huge] }],
      nics: [{ name: NASTY, mac: "", up: true, mtu: huge, speed: huge, addresses: [NASTY], bridge: null }],
      versions: { ...capabilities!.versions, agent: NASTY, os: NASTY },
      machineTypes: ["q35", "</type><evil/>"],
    };
    expect((await host.tell({ type: "host.capabilities", capabilities: absurd })).result).toEqual({ acknowledged: 1 });
    const query = `query ($id: ID!) { host(id: $id) { agentVersion memory maxSchedulingMemory os { description } cpu { speed topology { sockets cores threads } }
      numaNodes { index memory cpus } nics { name mtu speed ips { address } } } }`;
    const shown = await whole.client.query<any>(query, { id: host.hostId });
    expect(shown.host.cpu).toEqual({ speed: 1_000_000, topology: { sockets: 65_536, cores: 1, threads: 1 } });
    expect(hostRow(whole, host).capabilities?.machineTypes).toEqual(["q35"]);
  });

  test("so that megabytes of capabilities become a row of bounded size, and people are told", async () => {
    const whole = await startWholeEngine(1);
    const host = await startHostileHost(whole);
    const { capabilities } = hostRow(whole, host);
    const nic = { mac: "", up: true, mtu: 1, speed: null, bridge: null };
    const addresses = Array.from({ length: 40 }, (_, index) => `${"f".repeat(50)}::${index}`);
    const nics = Array.from({ length: 1_000 }, (_, index) => ({ ...nic, name: `nic${index}`, addresses }));
    expect((await host.tell({ type: "host.capabilities", capabilities: { ...capabilities!, nics } })).result).toEqual({ acknowledged: 1 });
    const stored = hostRow(whole, host).capabilities!;
    expect(stored.nics.length).toBeGreaterThan(50);
    expect(Buffer.byteLength(JSON.stringify(stored))).toBeLessThanOrEqual(MOST_CAPABILITIES_BYTES);
    await until("people told", 5_000, async () => (await whole.events(`host.name = ${host.name}`)).includes("HOST_REPORT_REFUSED"));
    expect(await whole.hostStatus("host1")).toBe("UP");
  });

  test("and VMs beyond all measure do not push out the one that the record has there", async () => {
    const whole = await startWholeEngine(0);
    const id = await whole.addVm();
    const host = await startHostileHost(whole, { hello: { vms: [running(id)] } });
    await whole.vmIs(id, "UP");
    const crowd = Array.from({ length: MOST_VMS + 1 }, () => running(randomUUID()));
    await host.tell({ type: "host.truth", vms: [...crowd, running(id)] });
    expect(await whole.vm(id)).toMatchObject({ status: "UP", host: { name: host.name } });
  });

  test("also in what it answers to calls, and in the words with which it refuses one", async () => {
    const whole = await startWholeEngine(0);
    const host = await startHostileHost(whole);
    const vmId = randomUUID();
    host.runs = [running(vmId, { name: NASTY, startedAt: 8e15, display: { type: "VNC", address: "x/../y", port: 70_000 } })];
    const { vms } = await whole.engine.hosts.call(host.hostId, "host.vms", {});
    expect(vms).toMatchObject([{ vmId, name: expect.stringMatching(/^abc\ufffddx+$/), display: null }]);
    expect(vms[0]!.name).toHaveLength(255);
    expect(Math.abs(vms[0]!.startedAt! - Date.now())).toBeLessThan(60_000);
    host.answers.set("host.capabilities", { error: { code: 1, message: NASTY.repeat(100), data: { code: "LIBVIRT" } } });
    const refused = await whole.engine.hosts.call(host.hostId, "host.capabilities", {}).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: "HostCallError", code: "LIBVIRT" });
    expect((refused as Error).message).toMatch(/^abc\ufffddx+/);
    expect((refused as Error).message.length).toBeLessThanOrEqual(510);
  });

  test("and capabilities that change all the time are written a few times only", async () => {
    const whole = await startWholeEngine(0);
    const host = await startHostileHost(whole);
    const { capabilities } = hostRow(whole, host);
    const writes = () => whole.engine.database.reader.countBy(ChangeRow, { entityId: host.hostId });
    const before = await writes();
    const change = (n: number): HostEvent => ({ type: "host.capabilities", capabilities: { ...capabilities!, hostname: `h${n}` } });
    for (let n = 0; n < 50; n++) await host.tell(change(n));
    for (let n = 0; n < 5; n++) await host.dial({ host: { ...capabilities!, hostname: `again${n}` } });
    await host.dial({ host: hostRow(whole, host).capabilities! });
    expect((await writes()) - before).toBeLessThanOrEqual(6);
  });
});

describe("Events", () => {
  test("that were sent before are acknowledged and not taken again", async () => {
    const whole = await startWholeEngine(0);
    const { host, vmId } = await hostWithVm(whole);
    const send = (...events: [seq: number, event: HostEvent][]) =>
      host.ask("events", { events: events.map(([seq, event]) => ({ seq, at: Date.now(), event })) });
    expect((await send([2, paused(vmId)])).result).toEqual({ acknowledged: 2 });
    expect((await send([1, unpaused(vmId)], [2, unpaused(vmId)])).result).toEqual({ acknowledged: 2 });
    expect(vmRow(whole, vmId).status).toBe("PAUSED");
    expect((await send([2, unpaused(vmId)], [3, unpaused(vmId)], [3, paused(vmId)])).result).toEqual({ acknowledged: 3 });
    expect(vmRow(whole, vmId).status).toBe("UP");
  });

  test("of which one is missing end the link, and the next hello brings them", async () => {
    const whole = await startWholeEngine(0);
    const { host, vmId } = await hostWithVm(whole);
    const late = { seq: 3, at: Date.now(), event: paused(vmId) };
    void host.ask("events", { events: [late] });
    expect(await host.link.closed).toBe(CloseCode.MALFORMED);
    expect(vmRow(whole, vmId).status).toBe("UP");
    expect((await host.dial({ unacknowledged: [late], vms: null })).result).toMatchObject({ acknowledged: 3 });
    expect(vmRow(whole, vmId).status).toBe("PAUSED");
  });

  test("of an agent that was started anew begin at 1 again", async () => {
    const whole = await startWholeEngine(0);
    const { host, vmId } = await hostWithVm(whole);
    const incarnation = randomUUID();
    expect((await host.dial({ incarnation, vms: null })).result).toMatchObject({ acknowledged: 0 });
    expect((await host.ask("events", { events: [{ seq: 1, at: 1, event: paused(vmId) }] })).result).toEqual({ acknowledged: 1 });
    expect(vmRow(whole, vmId).status).toBe("PAUSED");
  });

  test("that cannot be stored are told and acknowledged, and do not hold up those after them", async () => {
    const { store, hostId, take } = await commenting();
    expect(await take(["one", "\0", "three", "\0", "five"])).toEqual(["one", "three", "five"]);
    expect(store.journal.snapshot().need("Host", hostId).comment).toBe("five");
    expect(await store.database.reader.findOneBy(HostSession, { hostId })).toMatchObject({ acknowledged: 5 });
    const told = () => store.database.reader.findBy(Event, { hostId });
    await expect.poll(told).toMatchObject([{ name: "HOST_REPORT_REFUSED" }]);
  });

  test("are not acknowledged when nothing can be stored now", async () => {
    const { store, hostId, take } = await commenting(await projectDatabase().empty());
    await take(["one"]);
    await store.database.reader.query("ALTER TABLE host_session RENAME TO host_session_away");
    await expect(take(["two", "three"])).rejects.toThrow();
    expect(store.journal.snapshot().need("Host", hostId).comment).toBe("one");
  });
});

/** A host on a real database whose events set its comment; answers which of them were taken. */
async function commenting(url?: DatabaseUrl) {
  const store = await openStore(url ?? (await projectDatabase().fresh()));
  const engine = { ...store, log: pino({ level: "silent" }) };
  await seed(engine as never);
  const [host] = await addHosts({ engine } as never, store.journal.snapshot().by("Cluster", "name", "Default")[0]!.id, [{}]);
  const hostId = host!.id;
  const speaker = await speakerOf(store, hostId, randomUUID());
  const take = async (comments: string[]) => {
    const pieces = comments.map((comment, index): Piece => ({
      what: "a comment",
      seq: index + 1,
      take(tx) {
        tx.update("Host", tx.need("Host", hostId), { comment });
        return [{ type: "settled", vmId: comment }];
      },
    }));
    const news = await takePieces(engine, createNotices(engine), speaker, pieces);
    return news.map((item) => "vmId" in item && item.vmId);
  };
  return { store, hostId, take };
}
