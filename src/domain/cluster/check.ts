import { invalid } from "../../errors.ts";
import { checkRange } from "../input.ts";
import type { BiosType, ClusterMemoryPolicy, MigrationOptions } from "../values.ts";

interface ClusterSettings {
  biosType?: BiosType;
  memoryPolicy?: ClusterMemoryPolicy;
  migration?: MigrationOptions;
}

/** Throws INVALID with the path of the first setting that is out of its range. */
export function checkCluster({ biosType, memoryPolicy, migration }: ClusterSettings): void {
  if (biosType === "CLUSTER_DEFAULT") throw invalid("input.biosType", "A cluster must name the firmware itself.");
  if (memoryPolicy) checkRange(memoryPolicy.overCommit.percent, "input.memoryPolicy.overCommit.percent", 100, 1_000);
  if (migration?.bandwidth !== null && migration?.bandwidth !== undefined) checkRange(migration.bandwidth, "input.migration.bandwidth", 1, 1_000_000);
}
