import { describe, expect, test, vi } from "vitest";
import { framesOf, startMeasured } from "../support/measured.ts";

const VM_FRAMES = `subscription { vmStatistics(intervalMs: 1000) { complete vms { vmId cpuUsage memoryUsed memoryFree networkReceived networkSent diskRead diskWritten uptime } } }`;

describe("vmStatistics", () => {
  test("leaves frames out for a slow reader, costs bounded memory, and goes on with everything", async () => {
    const { subscribe, record, ids } = await startMeasured(8_000);
    record(ids.map(() => 0));
    const slow = await subscribe(VM_FRAMES);
    // It never begins to read: the more somebody has read, the more the kernel is ready to keep for him.
    slow.socket.pause();
    const quick = await subscribe(VM_FRAMES);
    await vi.waitFor(() => expect(quick.payloads).toHaveLength(1), { timeout: 10_000 });
    const rounds = 7;
    for (let round = 1; round <= rounds; round++) {
      record(ids.map((_, index) => round + index / 1_000));
      await vi.waitFor(() => expect(quick.payloads.length).toBeGreaterThan(round), { timeout: 10_000 });
    }
    slow.socket.resume();
    record(ids.map(() => 100));
    await vi.waitFor(() => expect(framesOf(slow).some(({ complete }, index) => index > 0 && complete)).toBe(true), { timeout: 10_000 });
    expect(slow.payloads.length).toBeLessThan(quick.payloads.length);
    expect(framesOf(slow).at(-1).vms).toHaveLength(8_000);
    expect(
      framesOf(quick)
        .slice(1)
        .every(({ complete }) => !complete),
    ).toBe(true);
  });
});
