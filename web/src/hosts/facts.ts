import type { HostSample } from "../lib/statistics.svelte.ts";

const SILENT = ["INSTALLING", "INSTALL_FAILED", "CONNECTING", "NON_RESPONSIVE", "UNASSIGNED"];

/** Whether its agent tells of it now: old values of a host that is silent are not shown. */
export const isMeasured = ({ status }: { status: string }): boolean => !SILENT.includes(status);

/** Percent of a host's processors that are at work; null = not known. */
export const busyPercent = (sample: HostSample | undefined): number | null =>
  sample === undefined || sample.cpuIdle === null ? null : Math.max(0, 100 - sample.cpuIdle);
