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
  const addTo = (hostId: string, vm: RowOf<"Vm">) => {
    const load = loads.get(hostId) ?? { ...NO_LOAD };
    loads.set(hostId, load);
    add(load, vm);
  };
  for (const vm of snapshot.all("Vm")) {
    if (vm.hostId !== null) addTo(vm.hostId, vm);
    if (vm.migratingToId !== null) addTo(vm.migratingToId, vm);
  }
  return loads;
}
