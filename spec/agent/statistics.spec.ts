import { describe, expect, it } from "vitest";
import { type HostCounters, hostValues } from "../../agent/hostSample.ts";
import { readVm, toColumns, vmValues } from "../../agent/vmSample.ts";
import { HOST_METRICS, VM_METRICS } from "../../schema/hostlinkStatistics.ts";

const domain = (id = 1) => ({ uuid: "11111111-0000-4000-8000-000000000001", name: "vm", id });
const parameters = (values: Record<string, number>) =>
  new Map(
    Object.entries({
      "vcpu.current": 2,
      "vcpu.0.time": 0,
      "vcpu.1.time": 0,
      "net.count": 2,
      "net.0.rx.bytes": 0,
      "net.1.rx.bytes": 0,
      "net.0.tx.bytes": 0,
      "net.1.tx.bytes": 0,
      "block.count": 1,
      "block.0.rd.bytes": 0,
      "block.0.wr.bytes": 0,
      ...values,
    }),
  );
const vm = (at: number, values: Record<string, number>, id = 1) => readVm({ domain: domain(id), parameters: parameters(values) }, at);

const row = (base: number) => Object.fromEntries(VM_METRICS.map((metric, index) => [metric, base + index])) as never;
describe("statistics of a VM", () => {
  it("are differences between two readings: percent of all its vCPUs, bytes per second over all its devices", () => {
    const before = vm(1_000, {});
    const now = vm(3_000, {
      "vcpu.0.time": 2e9,
      "vcpu.1.time": 1e9,
      "net.0.rx.bytes": 1_000,
      "net.1.rx.bytes": 3_000,
      "net.1.tx.bytes": 500,
      "block.0.rd.bytes": 8_192,
      "block.0.wr.bytes": 4_096,
    });
    expect(vmValues(now, before, 7)).toMatchObject({
      cpuUsage: 75,
      networkReceived: 2_000,
      networkSent: 250,
      diskRead: 4_096,
      diskWritten: 2_048,
      uptime: 7,
    });
  });
  it("have no rates at the first reading", () => {
    const { cpuUsage, networkReceived, diskWritten } = vmValues(vm(1_000, {}), undefined, 1);
    expect([cpuUsage, networkReceived, diskWritten]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });
  it("have no rates when the VM is another process than before, even if its counters are higher", () => {
    expect(vmValues(vm(2_000, { "vcpu.0.time": 5e9 }, 8), vm(1_000, {}, 7), 1).cpuUsage).toBeNaN();
  });
  it("have no rate where a counter began anew, and keep the others", () => {
    const before = vm(1_000, { "net.0.rx.bytes": 900, "block.0.rd.bytes": 0 });
    const now = vm(2_000, { "net.0.rx.bytes": 10, "block.0.rd.bytes": 50 });
    expect(vmValues(now, before, 1)).toMatchObject({ networkReceived: Number.NaN, diskRead: 50 });
  });
  it("tell the guest's own figures of its memory, and what qemu takes where it gives none", () => {
    const told = vm(0, { "balloon.current": 1_000, "balloon.available": 900, "balloon.unused": 300, "balloon.rss": 700 });
    expect([told.memoryUsed, told.memoryFree]).toEqual([600 * 1024, 300 * 1024]);
    const silent = vm(0, { "balloon.current": 1_000, "balloon.rss": 700 });
    expect([silent.memoryUsed, silent.memoryFree]).toEqual([700 * 1024, 300 * 1024]);
  });
  it("are not known, rather than wrong, while a busy domain tells nothing", () => {
    const busy = readVm({ domain: domain(), parameters: new Map([["state.state", 1]]) }, 2_000);
    expect(Object.values(vmValues(busy, vm(1_000, {}), 3))).toEqual([...Array<number>(7).fill(Number.NaN), 3]);
  });
  it("are not known either while libvirt answers nothing at all", () => {
    expect(Object.values(vmValues(undefined, vm(1_000, {}), 3))).toEqual([...Array<number>(7).fill(Number.NaN), 3]);
  });
  it("stand in columns, one metric after the other", () => {
    expect([...toColumns([row(0), row(100)])].slice(0, 4)).toEqual([0, 100, 1, 101]);
  });
});

const counters = (at: number, cpu: number[], received: number): HostCounters => ({
  at,
  cpu,
  received,
  sent: 0,
  values: { load: 0.5, memoryUsed: 1, memoryFree: 2, swapUsed: 3, ksmShared: 4 },
});
const named = (values: Float32Array) => Object.fromEntries(HOST_METRICS.map((metric, index) => [metric, values[index]]));

describe("statistics of the host", () => {
  it("split the time of all CPUs, with waiting as idle", () => {
    const before = counters(0, [100, 0, 100, 100, 0, 0, 0, 0], 1_000);
    const now = counters(2_000, [130, 10, 110, 140, 5, 3, 2, 0], 5_000);
    expect(named(hostValues(now, before))).toMatchObject({
      cpuUser: 40,
      cpuSystem: 15,
      cpuIdle: 45,
      networkReceived: 2_000,
      networkSent: 0,
      load: 0.5,
    });
  });
  it("have no rates at the first reading, but all the rest", () => {
    const values = named(hostValues(counters(0, [1, 1, 1, 1, 1, 1, 1, 1], 9), null));
    expect(values).toMatchObject({ cpuUser: Number.NaN, networkReceived: Number.NaN, memoryFree: 2 });
  });
});
