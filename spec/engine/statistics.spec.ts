import { describe, expect, test } from "vitest";
import { createStatistics } from "../../src/domain/statistics/store.ts";
import { sample } from "../support/engineRows.ts";

const row = (cpu: number, uptime = 1) => [cpu, 2, 3, 4, 5, 6, 7, uptime];

describe("Latest values", () => {
  test("are kept for each host and VM, unknown ones as null", () => {
    const statistics = createStatistics();
    expect([statistics.host("h"), statistics.vm("a")]).toEqual([null, null]);
    statistics.record("h", sample([row(12.345), [1]], 1_000), ["a", "b"]);
    expect(statistics.vm("a")).toEqual({
      at: 1_000,
      tick: 1,
      cpuUsage: 12.35,
      memoryUsed: 2,
      memoryFree: 3,
      networkReceived: 4,
      networkSent: 5,
      diskRead: 6,
      diskWritten: 7,
      uptime: 1,
    });
    expect(statistics.vm("b")).toMatchObject({ cpuUsage: 1, memoryUsed: null, uptime: null });
    expect(statistics.host("h")).toMatchObject({ at: 1_000, cpuUser: 0, networkSent: 9 });
  });

  test("tell what changed since a tick, each once, and not what stayed the same", () => {
    const statistics = createStatistics();
    const ids = ["a", "b", "c"];
    statistics.record("h", sample([row(1), row(1), row(1)]), ids);
    const { tick } = statistics;
    statistics.record("h", sample([row(1, 2), row(2), row(1, 2)]), ids);
    statistics.record("h", sample([row(1, 3), row(3), row(1, 3)]), ids);
    expect([...statistics.vmsSince(tick)]).toEqual(["b"]);
    expect([...statistics.hostsSince(tick)]).toEqual([]);
    expect([...statistics.vmsSince(0)].toSorted()).toEqual(ids);
    expect(statistics.vm("a")).toMatchObject({ uptime: 3 });
  });

  test("of a VM that is no longer sampled are forgotten, also with its host", () => {
    const statistics = createStatistics();
    statistics.record("h", sample([row(1), row(2)]), ["a", "b"]);
    statistics.record("h", sample([row(2)]), ["b"]);
    expect(statistics.vm("a")).toBeNull();
    statistics.record("h", sample([row(2), row(7)]), ["b", "new"]);
    expect(statistics.vm("new")).toMatchObject({ cpuUsage: 7 });
    statistics.forgetHost("h");
    expect([statistics.host("h"), statistics.vm("b"), [...statistics.vmsSince(0)]]).toEqual([null, null, []]);
  });

  test("follow a VM that moves to another host", () => {
    const statistics = createStatistics();
    const [before, after] = [["a", "b"], ["b"]];
    statistics.record("one", sample([row(1), row(1)]), before);
    statistics.record("two", sample([row(5)]), ["a"]);
    statistics.record("one", sample([row(1)]), after);
    expect(statistics.vm("a")).toMatchObject({ cpuUsage: 5 });
    statistics.record("two", sample([]), []);
    expect(statistics.vm("a")).toBeNull();
    statistics.record("one", sample([row(1), row(1)]), before);
    expect(statistics.vm("a")).toMatchObject({ cpuUsage: 1 });
    statistics.forgetHost("two");
    expect(statistics.vm("a")).not.toBeNull();
  });

  test("of 1,000 hosts with 50 VMs each are taken in well under a second", () => {
    const statistics = createStatistics();
    const hosts = Array.from({ length: 1_000 }, (_, host) => ({
      id: `h${host}`,
      vms: Array.from({ length: 50 }, (_vm, vm) => `v${host}-${vm}`),
    }));
    const samples = [1, 2].map((cpu) => sample(Array.from({ length: 50 }, () => row(cpu))));
    for (const { id, vms } of hosts) statistics.record(id, samples[0]!, vms);
    const before = process.cpuUsage();
    for (const { id, vms } of hosts) statistics.record(id, samples[1]!, vms);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(500);
    expect([...statistics.vmsSince(1_000)]).toHaveLength(50_000);
  });
});
