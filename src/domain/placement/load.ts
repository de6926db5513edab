import type { Snapshot } from "../inventory/snapshot.ts";
import type { RowOf } from "../kinds.ts";

/** qemu's own memory beside the guest's, per VM, in bytes: device models, page tables and, where emulated, translated code. */
export const VM_OVERHEAD = 64 * 2 ** 20;
/** Memory a host keeps for itself, in bytes. VDSM's `host_mem_reserve`; oVirt adds 65 MiB for one qemu, which is `VM_OVERHEAD` here. */
export const HOST_RESERVE = 256 * 2 ** 20;

/** What the VMs of a host have been promised. */
export interface HostLoad {
  /** Bytes. */
  memory: number;
  vcpus: number;
  vms: number;
}

/** Bytes a host must have left to take the VM. */
export const memoryClaim = (vm: Pick<RowOf<"Vm">, "memoryPolicy">): number => vm.memoryPolicy.guaranteed + VM_OVERHEAD;
export const vcpusOf = ({ cpu: { topology } }: Pick<RowOf<"Vm">, "cpu">): number => topology.sockets * topology.cores * topology.threads;

export const NO_LOAD: Readonly<HostLoad> = { memory: 0, vcpus: 0, vms: 0 };

function add(load: HostLoad, vm: RowOf<"Vm">): void {
  load.memory += memoryClaim(vm);
  load.vcpus += vcpusOf(vm);
  load.vms += 1;
}

/** Of the VMs that are on a host and those that are moving to it. */
export function hostLoad(snapshot: Snapshot, hostId: string): HostLoad {
  const load = { ...NO_LOAD };
  for (const column of ["hostId", "migratingToId"] as const) for (const vm of snapshot.by("Vm", column, hostId)) add(load, vm);
  return load;
}

/** The load of every host that has one, by host id; in one pass, where `hostLoad` for each would be many searches. */
export function hostLoads(snapshot: Snapshot): Map<string, HostLoad> {
  const loads = new Map<string, HostLoad>();
  for (const vm of snapshot.all("Vm")) count(loads, vm, 1);
  return loads;
}

/** What `hostLoads` answers, from what it answered for an earlier snapshot: costs what changed in between. */
export function hostLoadsSince(snapshot: Snapshot, earlier: Snapshot, loads: ReadonlyMap<string, HostLoad>): Map<string, HostLoad> {
  const next = new Map(loads);
  for (const { before, after } of snapshot.since("Vm", earlier)) {
    if (before) count(next, before, -1);
    if (after) count(next, after, 1);
  }
  return next;
}

/** Adds a VM to the hosts it is on and moves to, or takes it away. */
function count(loads: Map<string, HostLoad>, vm: RowOf<"Vm">, sign: 1 | -1): void {
  for (const hostId of [vm.hostId, vm.migratingToId]) {
    if (hostId === null) continue;
    const { memory, vcpus, vms } = loads.get(hostId) ?? NO_LOAD;
    const load = { memory: memory + sign * memoryClaim(vm), vcpus: vcpus + sign * vcpusOf(vm), vms: vms + sign };
    if (load.vms === 0) loads.delete(hostId);
    else loads.set(hostId, load);
  }
}
