import { sparks } from "../lib/sparks.svelte.ts";
import { watchVms, type VmSample } from "../lib/statistics.svelte.ts";
import type { VmRow } from "../nouns/vm.ts";
import { isMeasured } from "./facts.ts";

export interface VmLoad {
  usage: ReadonlyMap<string, VmSample>;
  cpu: ReturnType<typeof sparks>;
}

/** Latest load of the VMs that are in view. To be called while a component is made. */
export function watchLoad(rows: () => readonly VmRow[]): VmLoad {
  const cpu = sparks();
  const usage = watchVms({
    ids: () =>
      rows()
        .filter(isMeasured)
        .map(({ id }) => id),
    onframe: (latest) => cpu.take(latest, ({ cpuUsage }) => cpuUsage),
  });
  return { usage, cpu };
}
