import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DomainState, PausedReason } from "../../agent/libvirt/constants.ts";
import { createSession, type LibvirtSession } from "../../agent/libvirt/session.ts";
import { goneReason, readReports, reportOf } from "../../agent/report.ts";
import { VmReport } from "../../schema/hostlink.ts";
import { domainProcedures, type FakeDomain, fakeDomain } from "./support/domains.ts";
import { eventually } from "./support/eventually.ts";
import { type FakeLibvirt, startFakeLibvirt } from "./support/fakeLibvirt.ts";

const ID = "11111111-0000-4000-8000-000000000001";

const ignore = () => undefined;

const xml = (state: string) => `<domain><devices>
      <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0' state='${state}'/></channel>
      <graphics type='vnc' port='5901' autoport='yes' listen='10.0.0.5'><listen type='address' address='10.0.0.5'/></graphics>
    </devices></domain>`;
describe("the report of a VM", () => {
  let fake: FakeLibvirt;
  let session: LibvirtSession;
  const domains = new Map<string, FakeDomain>();
  const report = async (rest: Partial<FakeDomain>) => {
    domains.set(ID, fakeDomain(ID, rest));
    const found = await reportOf(session, ID);
    return found && VmReport.parse(found);
  };
  beforeEach(async () => {
    domains.clear();
    fake = await startFakeLibvirt(domainProcedures(domains));
    session = createSession({
      socketPath: fake.socketPath,
      uri: "qemu:///system",
      onEvent: ignore,
      onUp: ignore,
      onDown: ignore,
      log: ignore,
    });
    await eventually(() => session.available);
  });
  afterEach(async () => {
    session.close();
    await fake.close();
  });

  it.each([
    ["RUNNING", null, { state: DomainState.RUNNING }],
    ["RUNNING", null, { state: DomainState.BLOCKED }],
    ["SHUTTING_DOWN", null, { state: DomainState.SHUTDOWN }],
    ["SHUTTING_DOWN", null, { state: DomainState.PAUSED, reason: PausedReason.SHUTTING_DOWN }],
    ["PAUSED", "USER", { state: DomainState.PAUSED, reason: PausedReason.USER }],
    ["PAUSED", "SAVING", { state: DomainState.PAUSED, reason: PausedReason.SAVE }],
    ["PAUSED", "WATCHDOG", { state: DomainState.PAUSED, reason: PausedReason.WATCHDOG }],
    ["PAUSED", "CRASHED", { state: DomainState.CRASHED }],
    ["PAUSED", "IO_ERROR", { state: DomainState.PAUSED, reason: PausedReason.IOERROR, diskErrors: [1] }],
    ["PAUSED", "NO_SPACE", { state: DomainState.PAUSED, reason: PausedReason.IOERROR, diskErrors: [1, 2] }],
    ["PAUSED", "UNKNOWN", { state: DomainState.PAUSED, reason: 99 }],
    ["PAUSED", "SLEEPING", { state: DomainState.PMSUSPENDED }],
  ] as const)("says %s %s for %o", async (state, pauseReason, domain) => {
    expect(await report({ ...domain, diskErrors: "diskErrors" in domain ? [...domain.diskErrors] : [] })).toMatchObject({
      state,
      pauseReason,
      incoming: false,
    });
  });
  it("tells an incoming migration from one that leaves", async () => {
    const paused = { state: DomainState.PAUSED, reason: PausedReason.MIGRATION };
    expect(await report({ ...paused, incoming: true })).toMatchObject({ pauseReason: "MIGRATION", incoming: true });
    expect(await report(paused)).toMatchObject({ pauseReason: "MIGRATION", incoming: false });
    expect(await report({ incoming: true })).toMatchObject({ state: "RUNNING", incoming: false });
  });
  it("finds the guest agent's channel and the display in the XML", async () => {
    expect(await report({ xml: xml("connected") })).toMatchObject({
      guestAgent: true,
      display: { type: "VNC", address: "10.0.0.5", port: 5901 },
    });
    expect(await report({ xml: xml("disconnected") })).toMatchObject({ guestAgent: false });
    expect(await report({})).toMatchObject({ guestAgent: false, display: null });
  });
  it("is none for a domain that does not run, or is not there", async () => {
    expect(await report({ state: DomainState.SHUTOFF })).toBeNull();
    expect(await reportOf(session, "22222222-0000-4000-8000-000000000001")).toBeNull();
    expect(await readReports(session)).toEqual([]);
  });
  it("maps how a domain stopped to why it is gone", () => {
    expect([0, 1, 2, 3, 4, 5, 6, 77].map(goneReason)).toEqual([
      "SHUTDOWN",
      "DESTROYED",
      "CRASHED",
      "MIGRATED",
      "SAVED",
      "FAILED",
      "UNKNOWN",
      "UNKNOWN",
    ]);
  });
});
