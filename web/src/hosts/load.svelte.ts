import { sparks } from "../lib/sparks.svelte.ts";
import { watchHosts, type HostSample } from "../lib/statistics.svelte.ts";
import type { HostRow } from "../nouns/host.ts";
import { busyPercent } from "./facts.ts";

export interface HostLoad {
  usage: ReadonlyMap<string, HostSample>;
  cpu: ReturnType<typeof sparks>;
}

/** Latest load of the hosts that are in view. To be called while a component is made. */
export function watchLoad(rows: () => readonly HostRow[]): HostLoad {
  const cpu = sparks();
  const usage = watchHosts({
    ids: () => rows().map(({ id }) => id),
    onframe: (latest) => cpu.take(latest, busyPercent),
  });
  return { usage, cpu };
}
