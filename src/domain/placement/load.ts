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

/** Of the VMs that are on a host and those that are moving to it. */
export function hostLoad(snapshot: Snapshot, hostId: string): HostLoad {
  const load = { memory: 0, vcpus: 0, vms: 0 };
  for (const column of ["hostId", "migratingToId"] as const)
    for (const vm of snapshot.by("Vm", column, hostId)) {
      load.memory += memoryClaim(vm);
      load.vcpus += vcpusOf(vm);
      load.vms += 1;
    }
  return load;
}

/** The load of every host, by host id. */
export function hostLoads(snapshot: Snapshot): Map<string, HostLoad> {
  const loads = new Map<string, HostLoad>();
  for (const host of snapshot.all("Host")) loads.set(host.id, hostLoad(snapshot, host.id));
  return loads;
}
