import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGuests, type Guests } from "../../agent/guest.ts";
import { parseGuest } from "../../agent/guestReport.ts";
import { QEMU_DOMAIN_AGENT_COMMAND, VirErrorCode } from "../../agent/libvirt/constants.ts";
import { createSession, type LibvirtSession } from "../../agent/libvirt/session.ts";
import { XdrWriter } from "../../agent/libvirt/xdr.ts";
import { GuestReport, type HostEvent, type VmReport } from "../../schema/hostlink.ts";
import { domainProcedures, type FakeDomain, fakeDomain } from "./support/domains.ts";
import { eventually } from "./support/eventually.ts";
import { type FakeLibvirt, Refusal, startFakeLibvirt } from "./support/fakeLibvirt.ts";

const ID = "aaaaaaaa-0000-4000-8000-000000000001";
const OTHER = "aaaaaaaa-0000-4000-8000-000000000002";
const log = () => undefined;
const vm = (rest: Partial<VmReport> = {}): VmReport => ({
  vmId: ID,
  name: "vm",
  state: "RUNNING",
  pauseReason: null,
  incoming: false,
  guestAgent: true,
  startedAt: null,
  display: null,
  ...rest,
});
const debian = {
  id: "debian",
  name: "Debian GNU/Linux",
  version: "12 (bookworm)",
  "version-id": "12",
  "kernel-release": "6.1.0",
  machine: "x86_64",
};
const eth0 = (address: string | null) => [
  {
    name: "lo",
    "hardware-address": "00:00:00:00:00:00",
    "ip-addresses": [{ "ip-address": "127.0.0.1", "ip-address-type": "ipv4", prefix: 8 }],
  },
  {
    name: "eth0",
    "hardware-address": "52:54:00:00:00:01",
    "ip-addresses": address ? [{ "ip-address": address, "ip-address-type": "ipv4", prefix: 24 }] : [],
  },
];

describe("a guest's answers", () => {
  it("become the guest report", () => {
    const report = parseGuest({
      hostname: { "host-name": "web1" },
      os: debian,
      timeZone: { zone: "CEST", offset: 7_200 },
      interfaces: eth0("10.0.0.9"),
      info: { version: "7.2.0" },
    });
    expect(GuestReport.parse(report)).toEqual({
      hostname: "web1",
      os: {
        family: "Linux",
        distribution: "Debian GNU/Linux",
        version: "12",
        codename: "bookworm",
        kernel: "6.1.0",
        architecture: "x86_64",
      },
      timeZone: { name: "CEST", utcOffset: "+02:00" },
      nics: [{ name: "eth0", mac: "52:54:00:00:00:01", addresses: [{ address: "10.0.0.9", version: "V4", prefix: 24 }] }],
      applications: ["qemu-guest-agent-7.2.0"],
    });
    expect(parseGuest({ timeZone: { zone: "NST", offset: -12_600 } }).timeZone?.utcOffset).toBe("-03:30");
  });
  it("of any shape and size make a report that fits the contract", () => {
    const nasty = { hostname: 5, os: { name: "x".repeat(10_000) }, timeZone: "UTC", interfaces: [{ nothing: 1 }], info: null };
    const report = GuestReport.parse(parseGuest(nasty));
    expect(report).toMatchObject({ hostname: null, timeZone: null, nics: [], applications: [] });
    expect(report.os?.distribution).toHaveLength(255);
  });
  it("that are hostile are cut to what the engine takes, in little time", () => {
    const evil = `a\0b\ud800c\u0007${"(".repeat(2_000_000)}`;
    const ip = { "ip-address": evil, "ip-address-type": "ipv4", prefix: 24 };
    const nic = { name: evil, "hardware-address": evil, "ip-addresses": [{ strange: 1 }, ...Array.from({ length: 500 }, () => ip)] };
    const before = process.cpuUsage();
    const report = GuestReport.parse(
      parseGuest({
        hostname: { "host-name": evil },
        os: { ...debian, version: evil },
        timeZone: { zone: evil, offset: 2 ** 52 },
        interfaces: [{ strange: 1 }, ...Array.from({ length: 5_000 }, () => nic)],
        info: { version: evil },
      }),
    );
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(3_000);
    expect(report.hostname).toBe(`ab\ufffdc${"(".repeat(251)}`);
    expect(report.timeZone).toBeNull();
    expect([report.nics.length, report.nics[0]!.addresses.length]).toEqual([64, 16]);
    expect(Buffer.byteLength(JSON.stringify(report))).toBeLessThan(200_000);
  });
});

describe("guest agents", () => {
  let fake: FakeLibvirt;
  let session: LibvirtSession;
  let guests: Guests;
  let events: HostEvent[];
  let commands: string[];
  /** Domains that got them. */
  let asked: string[];
  let address: string | null;
  let silent: boolean;

  beforeEach(async () => {
    [events, commands, asked, address, silent] = [[], [], [], "10.0.0.9", false];
    const domains = new Map<string, FakeDomain>([ID, OTHER].map((id) => [id, fakeDomain(id)]));
    fake = await startFakeLibvirt({
      ...domainProcedures(domains),
      [QEMU_DOMAIN_AGENT_COMMAND]: (args) => {
        asked.push(args.domain().uuid);
        const { execute } = JSON.parse(args.string()) as { execute: string };
        commands.push(execute);
        if (silent || execute === "guest-get-timezone") throw new Refusal(VirErrorCode.AGENT_UNRESPONSIVE);
        const answer = {
          "guest-get-host-name": { "host-name": "web1" },
          "guest-get-osinfo": debian,
          "guest-network-get-interfaces": eth0(address),
        }[execute];
        return new XdrWriter().optionalString(JSON.stringify({ return: answer ?? { version: "7.2.0" } }));
      },
    });
    session = createSession({ socketPath: fake.socketPath, uri: "qemu:///system", onEvent: log, onUp: log, onDown: log, log });
    guests = createGuests({ session, emit: (event) => events.push(event), intervals: { eagerMs: 30, calmMs: 150 } });
  });
  afterEach(async () => {
    guests.close();
    session.close();
    await fake.close();
  });
  const reads = () => commands.filter((command) => command === "guest-get-host-name").length;

  it("are read when they connect, and told once while nothing changes", async () => {
    guests.observe({ type: "vm.state", vm: vm() });
    await eventually(() => reads() >= 3);
    expect(events).toMatchObject([
      { type: "vm.guest", vmId: ID, guest: { hostname: "web1", timeZone: null, nics: [{ addresses: [{ address: "10.0.0.9" }] }] } },
    ]);
  });
  it("are read more often until the guest has an address", async () => {
    address = null;
    guests.observe({ type: "vm.state", vm: vm() });
    await eventually(() => reads() >= 3);
    address = "10.0.0.7";
    await eventually(() => events.length === 2);
    expect(events.at(-1)).toMatchObject({ guest: { nics: [{ addresses: [{ address: "10.0.0.7" }] }] } });
  });
  it("that do not answer are no report, and are asked again", async () => {
    silent = true;
    guests.observe({ type: "vm.state", vm: vm() });
    await eventually(() => reads() >= 2);
    expect(events).toEqual([]);
    silent = false;
    await eventually(() => events.length === 1);
  });
  it("are left alone when they disconnect, when the VM is incoming, and when it is gone", async () => {
    guests.observe({ type: "vm.state", vm: vm({ incoming: true }) });
    guests.observe({ type: "vm.state", vm: vm({ guestAgent: false }) });
    guests.observe({ type: "vm.state", vm: vm() });
    guests.observe({ type: "host.truth", vms: [] });
    // Guests are asked in the order in which they were heard of.
    guests.observe({ type: "vm.state", vm: vm({ vmId: OTHER }) });
    await eventually(() => reads() >= 2);
    expect(new Set(asked)).toEqual(new Set([OTHER]));
  });
  it("that say something else each time are told ten times, and then seldom", async () => {
    let n = 0;
    fake.procedures[QEMU_DOMAIN_AGENT_COMMAND] = (args) => {
      args.domain();
      commands.push((JSON.parse(args.string()) as { execute: string }).execute);
      return new XdrWriter().optionalString(JSON.stringify({ return: { "host-name": `web${n++}` } }));
    };
    guests.observe({ type: "vm.state", vm: vm() });
    await eventually(() => reads() >= 25);
    expect(events.length).toBeGreaterThanOrEqual(10);
    expect(events.length).toBeLessThanOrEqual(10 + 1 + reads() / 12);
  });
  it("are told again after the events were dropped", async () => {
    guests.observe({ type: "host.truth", vms: [vm()] });
    await eventually(() => events.length === 1);
    guests.forget();
    await eventually(() => events.length === 2);
  });
});
