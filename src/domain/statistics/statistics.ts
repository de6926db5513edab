import type { HostMetric, StatisticsSample, VmMetric } from "../../../schema/hostlinkStatistics.ts";

/** Latest values of everything, in typed arrays; nothing here touches the database. */
export interface Statistics {
  /** Takes one sample of a host and of those of its VMs that are on it by `isHere`: the rows of others are left out. */
  record(hostId: string, sample: StatisticsSample, vmIds: readonly string[], isHere?: (vmId: string) => boolean): void;
  /** The host is gone: its values and those of the VMs last seen there are forgotten. */
  forgetHost(hostId: string): void;
  /** Null when never sampled, or its host is gone. */
  host(hostId: string): Usage<HostMetric> | null;
  vm(vmId: string): Usage<VmMetric> | null;
  /** Grows with every sample; a row whose `tick` is above one remembered has changed since. */
  readonly tick: number;
  /** Ids sampled after that tick, each once. */
  hostsSince(tick: number): Iterable<string>;
  vmsSince(tick: number): Iterable<string>;
}
/** Values of one object; a metric that is not known is null. */
export type Usage<M extends string> = { readonly at: number; readonly tick: number } & { readonly [metric in M]: number | null };
