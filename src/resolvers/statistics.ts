import { Field, Float, ID, ObjectType } from "type-graphql";
import { HOST_METRICS, VM_METRICS, type HostMetric, type VmMetric } from "../../schema/hostlinkStatistics.ts";
import type { Engine } from "../domain/engine.ts";
import type { Usage } from "../domain/statistics/statistics.ts";

const HOST_DESCRIPTIONS: Record<HostMetric, string> = {
  cpuUser: "Percent of all processors, in programs.",
  cpuSystem: "Percent of all processors, in the kernel.",
  cpuIdle: "Percent of all processors, idle.",
  load: "Load average of one minute.",
  memoryUsed: "Bytes.",
  memoryFree: "Bytes.",
  swapUsed: "Bytes.",
  ksmShared: "Bytes saved by sharing equal pages.",
  networkReceived: "Bytes per second.",
  networkSent: "Bytes per second.",
};
const VM_DESCRIPTIONS: Record<VmMetric, string> = {
  cpuUsage: "Percent of the VM's virtual processors.",
  memoryUsed: "Bytes, as the guest sees it.",
  memoryFree: "Bytes, as the guest sees it.",
  networkReceived: "Bytes per second.",
  networkSent: "Bytes per second.",
  diskRead: "Bytes per second.",
  diskWritten: "Bytes per second.",
  uptime: "Seconds since it was started.",
};

@ObjectType({ description: "Latest values of a host. A value that is not known is null." })
export class HostUsage {
  @Field({ description: "When they were read." }) at: Date;
}
@ObjectType({ description: "Latest values of a VM. A value that is not known is null." })
export class VmUsage {
  @Field({ description: "When they were read." }) at: Date;
}
@ObjectType({ simpleResolvers: true, description: "Latest values of a host, as a row of a stream." })
export class HostStatistics {
  @Field(() => ID, { description: "Which host." }) hostId: string;
}
@ObjectType({ simpleResolvers: true, description: "Latest values of a VM, as a row of a stream." })
export class VmStatistics {
  @Field(() => ID, { description: "Which VM." }) vmId: string;
}
for (const type of [HostUsage, HostStatistics]) addMetrics(type, HOST_METRICS, HOST_DESCRIPTIONS);
for (const type of [VmUsage, VmStatistics]) addMetrics(type, VM_METRICS, VM_DESCRIPTIONS);

function addMetrics<M extends string>(type: { prototype: object }, metrics: readonly M[], descriptions: Record<M, string>): void {
  for (const metric of metrics) Field(() => Float, { nullable: true, description: descriptions[metric] })(type.prototype, metric);
}

/** Null while there is no sample. */
export function hostUsage({ statistics }: Pick<Engine, "statistics">, hostId: string): HostUsage | null {
  const usage = statistics.host(hostId);
  return usage && { ...usage, at: new Date(usage.at) };
}

/** Null while there is no sample. */
export function vmUsage(engine: Pick<Engine, "statistics" | "journal">, vmId: string): VmUsage | null {
  const usage = vmValues(engine, vmId);
  return usage && { ...usage, at: new Date(usage.at) };
}

/** Latest values of a VM; null while it runs nowhere. A host knows since when its qemu runs; the VM is up since it was started, wherever it moved to. */
export function vmValues({ statistics, journal }: Pick<Engine, "statistics" | "journal">, vmId: string): Usage<VmMetric> | null {
  const vm = journal.snapshot().get("Vm", vmId);
  const usage = vm?.hostId ? statistics.vm(vmId) : null;
  return usage && vm?.startTime ? { ...usage, uptime: Math.max(0, (usage.at - vm.startTime.getTime()) / 1000) } : usage;
}
