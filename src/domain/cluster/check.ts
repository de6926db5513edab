import { invalid } from "../../errors.ts";
import { checkRange } from "../input.ts";
import type { BiosType, ClusterCpu, ClusterMemoryPolicy, MigrationOptions } from "../values.ts";

interface ClusterSettings {
  cpu?: ClusterCpu;
  biosType?: BiosType;
  memoryPolicy?: ClusterMemoryPolicy;
  migration?: MigrationOptions;
}

/** The settings ready to be stored. Throws INVALID with the path of the first that is out of its range. */
export function checkCluster<S extends ClusterSettings>(settings: S): S {
  const { cpu, biosType, memoryPolicy, migration } = settings;
  if (biosType === "CLUSTER_DEFAULT") throw invalid("input.biosType", "A cluster must name the firmware itself.");
  if (memoryPolicy) checkRange(memoryPolicy.overCommit.percent, "input.memoryPolicy.overCommit.percent", 100, 1_000);
  if (migration?.bandwidth !== null && migration?.bandwidth !== undefined)
    checkRange(migration.bandwidth, "input.migration.bandwidth", 1, 1_000_000);
  return {
    ...settings,
    ...(cpu && { cpu: { architecture: cpu.architecture, type: cpu.type ?? null } }),
    ...(migration && { migration: { autoConverge: migration.autoConverge, bandwidth: migration.bandwidth ?? null } }),
  };
}
