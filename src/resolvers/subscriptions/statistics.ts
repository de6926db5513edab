import { ArgsType, Field, ID, Int, ObjectType } from "type-graphql";
import type { Engine } from "../../domain/engine.ts";
import { checkRange } from "../../domain/input.ts";
import type { Snapshot } from "../../domain/inventory/snapshot.ts";
import type { RowOf } from "../../domain/kinds.ts";
import { filterInSlices, mapInSlices } from "../../slice.ts";
import type { Context } from "../context.ts";
import { compileSearch } from "../../domain/inventory/search/search.ts";
import { HostStatistics, VmStatistics, vmValues } from "../statistics.ts";
import type { StatisticsFeed } from "./feed.ts";

const DEFAULT_INTERVAL_MS = 2_000;
const INTERVAL_DESCRIPTION = `ms between frames, 1000 to 60000; ${DEFAULT_INTERVAL_MS} when absent.`;

@ObjectType({ description: "The first frame holds all hosts, each later one those whose values changed." })
export class HostStatisticsFrame {
  @Field({ description: "When the frame was made." }) at: Date;
  @Field({ description: "Whether all hosts are in it: the first frame, and after frames were left out for a slow reader." })
  complete: boolean;
  @Field(() => [HostStatistics], { description: "Hosts with news." }) hosts: HostStatistics[];
}
@ObjectType({ description: "The first frame holds all VMs, each later one those whose values changed." })
export class VmStatisticsFrame {
  @Field({ description: "When the frame was made." }) at: Date;
  @Field({ description: "Whether all VMs are in it: the first frame, and after frames were left out for a slow reader." })
  complete: boolean;
  @Field(() => [VmStatistics], { description: "VMs with news." }) vms: VmStatistics[];
}

@ArgsType()
export class VmStatisticsArgs {
  @Field(() => [ID], { nullable: true, description: "All VMs when absent." }) ids?: string[] | null;
  @Field(() => String, { nullable: true, description: "`status = up and cluster = Default`" }) search?: string | null;
  @Field(() => Int, { nullable: true, description: INTERVAL_DESCRIPTION }) intervalMs?: number | null;
}
@ArgsType()
export class HostStatisticsArgs {
  @Field(() => [ID], { nullable: true, description: "All hosts when absent." }) ids?: string[] | null;
  @Field(() => ID, { nullable: true, description: "Hosts of this cluster." }) clusterId?: string | null;
  @Field(() => String, { nullable: true, description: "`status = up and cluster = Default`" }) search?: string | null;
  @Field(() => Int, { nullable: true, description: INTERVAL_DESCRIPTION }) intervalMs?: number | null;
}

/** Throws INVALID. */
export function vmStatisticsFeed({ engine }: Context, { ids, search, intervalMs }: VmStatisticsArgs): StatisticsFeed {
  const { statistics } = engine;
  const selected = search ? compileSearch("Vm", search) : null;
  const wanted = selection("Vm", ids, (row, snapshot) => !selected || selected.matches(row, snapshot));
  return feed(engine, intervalMs, async (since, seen) => {
    const rows = await mapInSlices(await wanted(seen, statistics.vmsSince(since)), (id) => {
      const values = vmValues(engine, id);
      return values && { vmId: id, ...values };
    });
    const vms = rows.filter((row) => row !== null);
    return { rows: vms.length, value: { vms } };
  });
}

/** Throws INVALID. */
export function hostStatisticsFeed({ engine }: Context, { ids, clusterId, search, intervalMs }: HostStatisticsArgs): StatisticsFeed {
  const { statistics } = engine;
  const selected = search ? compileSearch("Host", search) : null;
  const wanted = selection(
    "Host",
    ids,
    (row, snapshot) => (!clusterId || row.clusterId === clusterId) && (!selected || selected.matches(row, snapshot)),
  );
  return feed(engine, intervalMs, async (since, seen) => {
    const hosts = await mapInSlices(await wanted(seen, statistics.hostsSince(since)), (id) => ({ hostId: id, ...statistics.host(id)! }));
    return { rows: hosts.length, value: { hosts } };
  });
}

/** Of the given ids, those of objects that are seen and were asked for. */
function selection<K extends "Vm" | "Host">(
  kind: K,
  ids: readonly string[] | null | undefined,
  matches: (row: RowOf<K>, snapshot: Snapshot) => boolean,
): (seen: Snapshot, changed: Iterable<string>) => Promise<string[]> {
  const chosen = ids ? new Set(ids) : null;
  return (seen, changed) =>
    filterInSlices([...changed], (id) => {
      const row = chosen && !chosen.has(id) ? undefined : seen.get(kind, id);
      return row !== undefined && matches(row, seen);
    });
}

function feed(
  { statistics }: Engine,
  intervalMs: number | null | undefined,
  read: (since: number, seen: Snapshot) => Promise<{ rows: number; value: object }>,
): StatisticsFeed {
  return {
    kind: "statistics",
    intervalMs: checkRange(intervalMs ?? DEFAULT_INTERVAL_MS, "intervalMs", 1_000, 60_000),
    tick: () => statistics.tick,
    frame: async (since, seen) => {
      const { rows, value } = await read(since ?? 0, seen);
      return rows === 0 && since !== null ? null : { at: new Date(), complete: since === null, ...value };
    },
  };
}
