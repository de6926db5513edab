import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createOutbox } from "../../agent/link/outbox.ts";
import type { HostEvent, NumberedEvent } from "../../schema/hostlink.ts";
import { eventually } from "./support/eventually.ts";

const reboot = (): HostEvent => ({ type: "vm.reboot", vmId: randomUUID() });
const seqs = (events: NumberedEvent[]) => events.map(({ seq }) => seq);
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe("events on their way to the engine", () => {
  it("are numbered without a gap, and sent until they are acknowledged", async () => {
    const outbox = createOutbox(() => undefined);
    const taken: NumberedEvent[] = [];
    let failures = 1;
    outbox.attach(async (events) => {
      if (failures-- > 0) throw new Error("the database is away");
      taken.push(...events);
      return taken.at(-1)!.seq;
    });
    for (let i = 0; i < 5; i++) outbox.push(reboot());
    await eventually(() => outbox.size === 0);
    outbox.push(reboot());
    await eventually(() => outbox.size === 0);
    expect(seqs(taken)).toEqual(upTo(6));
  });
  it("travel in batches that never overtake each other", async () => {
    const outbox = createOutbox(() => undefined);
    const batches: number[][] = [];
    let underWay = 0;
    for (let i = 0; i < 2_500; i++) outbox.push(reboot());
    outbox.attach(async (events) => {
      expect(++underWay).toBe(1);
      await Promise.resolve();
      underWay--;
      batches.push(seqs(events));
      return events.at(-1)!.seq;
    });
    await eventually(() => outbox.size === 0);
    expect(batches.map((batch) => batch.length)).toEqual([1_000, 1_000, 500]);
    expect(batches.flat()).toEqual(upTo(2_500));
  });
  it("that a lost link may have delivered are said again in the hello, under their old numbers", async () => {
    const outbox = createOutbox(() => undefined);
    const sent = new Promise<void>((noted) =>
      outbox.attach(() => {
        noted();
        return Promise.reject(new Error("link ended"));
      }),
    );
    outbox.push(reboot());
    await sent;
    outbox.attach(null);
    outbox.push(reboot());
    expect(seqs(outbox.forHello())).toEqual([1, 2]);
    outbox.acknowledge(1);
    expect(seqs(outbox.forHello())).toEqual([2]);
  });
  it("that were never sent give way to the truth when there are too many, and leave no gap", () => {
    let dropped = 0;
    const outbox = createOutbox(() => {
      dropped++;
      outbox.push({ type: "host.truth", vms: [] });
    });
    outbox.push(reboot());
    expect(seqs(outbox.forHello())).toEqual([1]);
    for (let i = 0; i < 10_000; i++) outbox.push(reboot());
    expect(dropped).toBe(1);
    const events = outbox.forHello();
    expect(events.map(({ event }) => event.type)).toEqual(["vm.reboot", "host.truth"]);
    expect(seqs(events)).toEqual([1, 2]);
  });
  it("that would not fit in a hello give way to its truth", () => {
    let dropped = 0;
    const outbox = createOutbox(() => dropped++);
    const guest = { hostname: "x".repeat(10_000), os: null, timeZone: null, nics: [], applications: [] };
    for (let i = 0; i < 300; i++) outbox.push({ type: "vm.guest", vmId: randomUUID(), guest });
    expect(outbox.forHello()).toEqual([]);
    expect(dropped).toBe(1);
  });
});
