import { HOST_METRICS, VM_METRICS, type HostMetric, type VmMetric } from "../../../schema/hostlinkStatistics.ts";
import type { Statistics, Usage } from "./statistics.ts";
import { createTable, type Table } from "./table.ts";

/** Uptime comes last and grows by itself: alone it is no change worth telling. */
const COMPARED_VM_METRICS = VM_METRICS.indexOf("uptime");
/** Two decimals for percent and load, none for bytes: 32-bit floats know no more. */
const FINE: ReadonlySet<string> = new Set<HostMetric | VmMetric>(["cpuUser", "cpuSystem", "cpuIdle", "load", "cpuUsage"]);

/** Slot of a row that is not taken. */
const NONE = -1;

/** A host's last slot table, and where its VMs are in ours. */
interface HostSlots {
  number: number;
  vmIds: readonly string[];
  slots: Int32Array;
}

export function createStatistics(): Statistics {
  const hosts = createTable(HOST_METRICS.length, HOST_METRICS.length);
  const vms = createTable(VM_METRICS.length, COMPARED_VM_METRICS);
  const slotsOfHosts = new Map<string, HostSlots>();
  let hostNumbers = 0;
  let tick = 0;

  const slotsFor = (hostId: string, vmIds: readonly string[]): HostSlots => {
    const known = slotsOfHosts.get(hostId);
    if (known?.vmIds === vmIds) return known;
    const next = { number: known?.number ?? hostNumbers++, vmIds, slots: new Int32Array(vmIds.length).fill(NONE) };
    slotsOfHosts.set(hostId, next);
    if (known) forgetVms(vms, known, new Set(vmIds));
    return next;
  };
  const record: Statistics["record"] = (hostId, sample, vmIds, isHere = () => true): void => {
    tick += 1;
    const { at, host, vms: columns, vmCount } = sample;
    hosts.write(hosts.slotOf(hostId), { source: host, offset: 0, stride: 1, at, tick, owner: 0 });
    const known = slotsFor(hostId, vmIds);
    const { number, slots } = known;
    const row = { source: columns, offset: 0, stride: vmCount, at, tick, owner: number };
    for (let index = 0; index < vmCount; index++) {
      const id = vmIds[index]!;
      if (!isHere(id)) {
        forgetVm(vms, known, index);
        continue;
      }
      // Another host may have taken the VM over and let it go: its slot is then free, or somebody else's.
      if (slots[index] === NONE || vms.idAt(slots[index]!) !== id) slots[index] = vms.slotOf(id);
      row.offset = index;
      vms.write(slots[index]!, row);
    }
  };
  const forgetHost = (hostId: string): void => {
    const slot = hosts.find(hostId);
    if (slot !== undefined) hosts.remove(slot);
    const known = slotsOfHosts.get(hostId);
    if (known) forgetVms(vms, known, new Set());
    slotsOfHosts.delete(hostId);
  };
  return {
    record,
    forgetHost,
    host: (id) => usageOf(hosts, HOST_METRICS, id),
    vm: (id) => usageOf(vms, VM_METRICS, id),
    get tick() {
      return tick;
    },
    hostsSince: (since) => hosts.since(since),
    vmsSince: (since) => vms.since(since),
  };
}

/** Those the host no longer tells of, unless another host does. */
function forgetVms(vms: Table, known: HostSlots, still: ReadonlySet<string>): void {
  for (const [index, id] of known.vmIds.entries()) if (!still.has(id)) forgetVm(vms, known, index);
}

function forgetVm(vms: Table, { number, vmIds, slots }: HostSlots, index: number): void {
  const slot = slots[index]!;
  slots[index] = NONE;
  if (slot !== NONE && vms.idAt(slot) === vmIds[index] && vms.ownerAt(slot) === number) vms.remove(slot);
}

function usageOf<M extends string>(table: Table, metrics: readonly M[], id: string): Usage<M> | null {
  const slot = table.find(id);
  if (slot === undefined || table.tick(slot) === 0) return null;
  const usage: Record<string, number | null> = { at: table.at(slot), tick: table.tick(slot) };
  for (const [index, metric] of metrics.entries()) usage[metric] = rounded(metric, table.value(slot, index));
  return usage as Usage<M>;
}

function rounded(metric: string, value: number): number | null {
  if (!Number.isFinite(value)) return null;
  return FINE.has(metric) ? Math.round(value * 100) / 100 : Math.round(value);
}
