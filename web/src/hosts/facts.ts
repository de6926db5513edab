import type { HostSample } from "../lib/statistics.svelte.ts";

/** Percent of a host's processors that are at work; null = not known. */
export const busyPercent = (sample: HostSample | undefined): number | null =>
  sample === undefined || sample.cpuIdle === null ? null : Math.max(0, 100 - sample.cpuIdle);
