import { FieldResolver, Int, Resolver } from "type-graphql";
import { describe, expect, test, vi } from "vitest";
import { HOST_METRICS, VM_METRICS } from "../../schema/hostlinkStatistics.ts";
import { RESOLVERS } from "../../src/resolvers/schema.ts";
import { VmStatisticsFrame } from "../../src/resolvers/subscriptions/statistics.ts";
import { framesOf, startMeasured } from "../support/measured.ts";

let executions = 0;
@Resolver(() => VmStatisticsFrame)
class Spy {
  @FieldResolver(() => Int)
  execution() {
    return ++executions;
  }
}
const VM_FRAMES = `subscription ($ids: [ID!], $search: String) {
  vmStatistics(ids: $ids, search: $search, intervalMs: 1000) { at complete execution vms { vmId ${VM_METRICS.join(" ")} } }
}`;
const HOST_FRAMES = `subscription ($clusterId: ID) {
  hostStatistics(clusterId: $clusterId, intervalMs: 1000) { complete hosts { hostId ${HOST_METRICS.join(" ")} } }
}`;
const start = () => startMeasured(2, [...RESOLVERS, Spy]);

describe("vmStatistics", () => {
  test("sends everything first, then what changed, and nothing when nothing changed", async () => {
    const { subscribe, record, ids, defects } = await start();
    record([10, 20]);
    const reader = await subscribe(VM_FRAMES);
    await vi.waitFor(() => expect(reader.payloads).toHaveLength(1));
    const [first] = framesOf(reader);
    expect(first.complete).toBe(true);
    expect(first.vms).toHaveLength(2);
    expect(first.vms.find(({ vmId }: { vmId: string }) => vmId === ids[0])).toEqual({
      vmId: ids[0],
      cpuUsage: 10,
      memoryUsed: 2,
      memoryFree: 3,
      networkReceived: 4,
      networkSent: 5,
      diskRead: 6,
      diskWritten: 7,
      uptime: 8,
    });
    record([10, 21.5]);
    await vi.waitFor(() => expect(reader.payloads).toHaveLength(2), { timeout: 3_000 });
    expect(framesOf(reader)[1]).toMatchObject({ complete: false, vms: [{ vmId: ids[1], cpuUsage: 21.5 }] });
    // Two more ticks of another subscription, of values that do change.
    const other = await subscribe(HOST_FRAMES);
    for (const count of [1, 2, 3]) {
      record([10, 21.5], count);
      await vi.waitFor(() => expect(other.payloads).toHaveLength(count), { timeout: 10_000 });
    }
    expect(reader.payloads).toHaveLength(2);
    expect(defects).toEqual([]);
  });

  test("is executed once for all who ask the same; one who comes later begins with everything", async () => {
    const { subscribe, record } = await start();
    record([1, 1]);
    const readers = await Promise.all(Array.from({ length: 5 }, () => subscribe(VM_FRAMES)));
    await vi.waitFor(() => readers.forEach(({ payloads }) => expect(payloads).toHaveLength(1)));
    const late = await subscribe(VM_FRAMES);
    await vi.waitFor(() => expect(framesOf(late)).toMatchObject([{ complete: true }]));
    const before = executions;
    record([2, 1]);
    await vi.waitFor(() => [...readers, late].forEach(({ payloads }) => expect(payloads).toHaveLength(2)), { timeout: 3_000 });
    expect(executions).toBe(before + 1);
    expect(new Set([...readers, late].map((reader) => JSON.stringify(framesOf(reader)[1]))).size).toBe(1);
  });

  test("can be narrowed to ids and to what a search finds", async () => {
    const { subscribe, record, ids } = await start();
    record([1, 2]);
    const byId = await subscribe(VM_FRAMES, { ids: [ids[1], "none"] });
    const searched = await subscribe(VM_FRAMES, { search: "Vms: status = up and cluster = Default" });
    await vi.waitFor(() => expect(framesOf(byId)).toMatchObject([{ vms: [{ vmId: ids[1] }] }]));
    await vi.waitFor(() => expect(framesOf(searched)).toMatchObject([{ vms: [{ vmId: ids[0] }] }]));
  });

  test("refuses an interval that is too short", async () => {
    const { subscribe } = await start();
    const reader = await subscribe("subscription { vmStatistics(intervalMs: 10) { at } }");
    await vi.waitFor(() => expect(reader.payloads[0]?.errors[0].extensions.code).toBe("INVALID"));
    expect(reader.payloads[0].data).toBeUndefined();
  });
});

describe("hostStatistics", () => {
  test("can be narrowed to a cluster", async () => {
    const { subscribe, record, host, cluster } = await start();
    record([1, 2]);
    const here = await subscribe(HOST_FRAMES, { clusterId: cluster.id });
    const elsewhere = await subscribe(HOST_FRAMES, { clusterId: "none" });
    await vi.waitFor(() =>
      expect(here.payloads[0]?.data.hostStatistics).toMatchObject({
        complete: true,
        hosts: [{ hostId: host.id, cpuUser: 0, networkSent: 9 }],
      }),
    );
    await vi.waitFor(() => expect(elsewhere.payloads[0]?.data.hostStatistics).toEqual({ complete: true, hosts: [] }));
  });
});

describe("usage", () => {
  test("is the latest sample of a VM or host, null without one", async () => {
    const { ask, record, ids } = await start();
    const query = "query ($id: ID!) { vm(id: $id) { usage { at cpuUsage uptime } } hosts { nodes { usage { load } } } }";
    expect(await ask(query, { id: ids[0] })).toEqual({ vm: { usage: null }, hosts: { nodes: [{ usage: null }] } });
    record([12.345, 1]);
    expect(await ask(query, { id: ids[0] })).toMatchObject({
      vm: { usage: { cpuUsage: 12.35, uptime: 8 } },
      hosts: { nodes: [{ usage: { load: 3 } }] },
    });
  });
});
