import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DomainState, EventProcedure, Lifecycle, PausedReason, Procedure } from "../../agent/libvirt/constants.ts";
import { createSession, type LibvirtSession } from "../../agent/libvirt/session.ts";
import { XdrWriter } from "../../agent/libvirt/xdr.ts";
import { createObserver, type Observer } from "../../agent/observer.ts";
import type { HostEvent } from "../../schema/hostlink.ts";
import { domainProcedures, type FakeDomain, fakeDomain, lifecycle } from "./support/domains.ts";
import { eventually } from "./support/eventually.ts";
import { type FakeLibvirt, startFakeLibvirt } from "./support/fakeLibvirt.ts";

const A = "aaaaaaaa-0000-4000-8000-000000000001";
const B = "bbbbbbbb-0000-4000-8000-000000000001";
const log = () => undefined;

describe("what the agent observes", () => {
  let fake: FakeLibvirt;
  let session: LibvirtSession;
  let observer: Observer;
  let events: HostEvent[];
  const domains = new Map<string, FakeDomain>();
  const told = () => events.map((event) => (event.type === "vm.state" ? `${event.vm.state} ${event.vm.name}` : event.type));

  beforeEach(async () => {
    domains.clear();
    events = [];
    fake = await startFakeLibvirt(domainProcedures(domains));
    session = createSession({
      socketPath: fake.socketPath,
      uri: "qemu:///system",
      onEvent: (event) => observer.onEvent(event),
      onUp: () => observer.onUp(),
      onDown: () => observer.onDown(),
      log,
    });
    observer = createObserver({ session: () => session, emit: (event) => events.push(event), log });
    await eventually(() => session.available);
  });
  afterEach(async () => {
    session.close();
    await fake.close();
  });

  it("is told in libvirt's order, each state once", async () => {
    const vm = fakeDomain(A);
    domains.set(A, vm);
    lifecycle(fake, vm, Lifecycle.STARTED);
    lifecycle(fake, vm, Lifecycle.RESUMED);
    await eventually(() => events.length === 1);
    Object.assign(vm, { state: DomainState.PAUSED, reason: PausedReason.USER });
    lifecycle(fake, vm, Lifecycle.SUSPENDED);
    await eventually(() => events.length === 2);
    domains.delete(A);
    lifecycle(fake, vm, Lifecycle.SHUTDOWN);
    lifecycle(fake, vm, Lifecycle.STOPPED, 3);
    lifecycle(fake, vm, Lifecycle.UNDEFINED);
    await eventually(() => events.length === 3);
    expect(told()).toEqual(["RUNNING vm-aaaa", "PAUSED vm-aaaa", "vm.gone"]);
    expect(events.at(-1)).toEqual({ type: "vm.gone", vmId: A, reason: "MIGRATED" });
  });
  it("looks at a guest that opens and closes its channel all the time once a second", async () => {
    const xml = (state: string) =>
      `<domain><devices><channel><target name='org.qemu.guest_agent.0' state='${state}'/></channel></devices></domain>`;
    const vm = fakeDomain(A, { xml: xml("connected") });
    domains.set(A, vm);
    const read = fake.procedures[Procedure.DOMAIN_GET_XML_DESC]!;
    let looks = 0;
    fake.procedures[Procedure.DOMAIN_GET_XML_DESC] = (args) => (looks++, read(args));
    const channel = () => fake.event(EventProcedure.AGENT_LIFECYCLE, new XdrWriter().int(0).domain(vm).int(1).int(1));
    const since = performance.now();
    for (let n = 0; n < 200; n++) {
      vm.xml = xml(n % 2 === 0 ? "disconnected" : "connected");
      channel();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(() => looks >= 2);
    expect(looks).toBeLessThanOrEqual(2 + (performance.now() - since) / 1_000);
    await eventually(() => events.at(-1)?.type === "vm.state");
    expect(events.at(-1)).toMatchObject({ vm: { guestAgent: true } });
  });
  it("counts the resets of one reboot as one", async () => {
    const vm = fakeDomain(A);
    for (let i = 0; i < 3; i++) fake.event(EventProcedure.REBOOT, new XdrWriter().int(0).domain(vm));
    fake.event(EventProcedure.REBOOT, new XdrWriter().int(0).domain(fakeDomain(B)));
    await eventually(() => events.length === 2);
    expect(events).toEqual([
      { type: "vm.reboot", vmId: A },
      { type: "vm.reboot", vmId: B },
    ]);
  });
  it("puts the truth after all that came before it and ahead of all that follows", async () => {
    domains.set(A, fakeDomain(A));
    domains.set(B, fakeDomain(B));
    fake.event(EventProcedure.REBOOT, new XdrWriter().int(0).domain(fakeDomain(A)));
    await eventually(() => events.length === 1);
    const seen = await observer.truth((vms) => {
      fake.event(EventProcedure.REBOOT, new XdrWriter().int(0).domain(fakeDomain(B)));
      return { ids: vms?.map((vm) => vm.vmId), before: events.length };
    });
    expect(seen).toEqual({ ids: [A, B], before: 1 });
    await eventually(() => events.length === 2);
  });
  it("has no truth while libvirt is away, and tells it by itself when libvirt is back", async () => {
    domains.set(A, fakeDomain(A));
    await observer.truth(() => undefined);
    await fake.stop();
    await eventually(() => events.length === 1);
    expect(await observer.truth((vms) => vms)).toBeNull();
    await fake.start();
    await eventually(() => events.length === 3);
    expect(events).toMatchObject([
      { type: "host.libvirt", available: false },
      { type: "host.libvirt", available: true },
      { type: "host.truth", vms: [{ vmId: A }] },
    ]);
  });
});
