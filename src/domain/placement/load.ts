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
const plus = (load: HostLoad, vm: RowOf<"Vm">): HostLoad => ({
  memory: load.memory + memoryClaim(vm),
  vcpus: load.vcpus + vcpusOf(vm),
  vms: load.vms + 1,
});

/** Of the VMs that are on a host and those that are moving to it. */
export const hostLoad = (snapshot: Snapshot, hostId: string): HostLoad =>
  [...snapshot.by("Vm", "hostId", hostId), ...snapshot.by("Vm", "migratingToId", hostId)].reduce(plus, NO_LOAD);

/** The load of every host that has one, by host id; in one pass, where `hostLoad` for each would be many searches. */
export function hostLoads(snapshot: Snapshot): Map<string, HostLoad> {
  const loads = new Map<string, HostLoad>();
  for (const vm of snapshot.all("Vm"))
    for (const hostId of [vm.hostId, vm.migratingToId]) if (hostId !== null) loads.set(hostId, plus(loads.get(hostId) ?? NO_LOAD, vm));
  return loads;
}
