import type { HostCapabilities } from "../../../schema/hostlink.ts";
import { createPaces } from "../../pace.ts";

/** Changes written at once, and then so many a second: each is a journal entry of a large row. */
const BURST = 5;
const PER_SECOND = 1 / 60;
const MOST_HOSTS = 10_000;

/** How often what a host is may change in the record. What comes too often is kept, the latest of each host, until it is its time. */
export interface CapabilityPace {
  /** Whether these may be written now; null when there is nothing to write, and nothing waits any more. */
  admit(hostId: string, capabilities: HostCapabilities | null): boolean;
  /** Those that had to wait and need no longer; they are given once. */
  due(): [hostId: string, capabilities: HostCapabilities][];
}

export function createCapabilityPace(): CapabilityPace {
  const paces = createPaces(BURST, PER_SECOND, MOST_HOSTS);
  const waiting = new Map<string, HostCapabilities>();
  return {
    admit(hostId, capabilities) {
      const admitted = capabilities !== null && paces(hostId).tryTake(1);
      if (admitted || capabilities === null) waiting.delete(hostId);
      else if (waiting.has(hostId) || waiting.size < MOST_HOSTS) waiting.set(hostId, capabilities);
      return admitted;
    },
    due() {
      const ready = [...waiting].filter(([hostId]) => paces(hostId).tryTake(1));
      for (const [hostId] of ready) waiting.delete(hostId);
      return ready;
    },
  };
}
