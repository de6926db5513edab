import type { HostCapabilities } from "../../../../schema/hostlink.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import type { BiosType } from "../../values.ts";
import type { Vm } from "../vm.ts";

/** What a VM asks of the machine it is given; shared by placement, which checks it, and the domain XML, which says it. */

/**
 * Model of VMs whose cluster names none: the same on every host of a cluster, so that they move live. qemu64 is what
 * TCG does in full. Nehalem is x86-64-v2 as far as libvirt has a name for it: known to every libvirt in use, and run by
 * every x86 server processor since 2008, AMD's since 2011.
 */
export const DEFAULT_CPU_MODEL = { kvm: "Nehalem", qemu: "qemu64" } as const satisfies Record<HostCapabilities["virtualization"], string>;

/** The libvirt CPU model asked for; null = the default of the virtualization in use. */
export const askedCpuModel = (vm: Pick<Vm, "customCpuModel" | "cpu">, cluster: Pick<Cluster, "cpu">): string | null =>
  (vm.cpu.mode ?? "CUSTOM") === "CUSTOM" ? (vm.customCpuModel ?? cluster.cpu.type) : null;

export const CHIPSETS = ["q35", "i440fx"] as const;
export type Chipset = (typeof CHIPSETS)[number];
type FixedBiosType = Exclude<BiosType, "CLUSTER_DEFAULT">;

/** CLUSTER_DEFAULT resolved; a cluster that itself says so means q35 with BIOS. */
export function biosTypeOf(vm: Pick<Vm, "bios">, cluster: Pick<Cluster, "biosType">): FixedBiosType {
  const type = vm.bios.type === "CLUSTER_DEFAULT" ? cluster.biosType : vm.bios.type;
  return type === "CLUSTER_DEFAULT" ? "Q35_SEA_BIOS" : type;
}
/** A custom machine type decides; otherwise the firmware does. */
export function chipsetOf(vm: Pick<Vm, "bios" | "customEmulatedMachine">, cluster: Pick<Cluster, "biosType">): Chipset {
  const machine = vm.customEmulatedMachine;
  if (machine !== null) return machine === "q35" || machine.startsWith("pc-q35-") ? "q35" : "i440fx";
  return biosTypeOf(vm, cluster) === "I440FX_SEA_BIOS" ? "i440fx" : "q35";
}

const ALIAS: Record<Chipset, string> = { q35: "q35", i440fx: "pc" };
// Upstream's pc-q35-7.2, or a distribution's pc-q35-rhel9.4.0: one host lists them all, and its own kind is numbered in step.
const VERSIONED: Record<Chipset, RegExp> = { q35: /^pc-q35-[a-z]*(\d[\d.]*)$/u, i440fx: /^pc-i440fx-[a-z]*(\d[\d.]*)$/u };

/** Newest machine type of a chipset among `machineTypes`; the chipset's alias when only that is there; null when neither is. */
export function newestMachineType(chipset: Chipset, machineTypes: Iterable<string>): string | null {
  let newest: { name: string; version: number[] } | null = null;
  let alias: string | null = null;
  for (const name of machineTypes) {
    if (name === ALIAS[chipset]) alias = name;
    const version = VERSIONED[chipset].exec(name)?.[1]?.split(".").map(Number);
    if (version && (!newest || compareVersions(version, newest.version) > 0)) newest = { name, version };
  }
  return newest?.name ?? alias;
}

function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Machine type for a VM that starts on a host with these; null when the host has none of its chipset. */
export const machineTypeOf = (
  vm: Pick<Vm, "bios" | "customEmulatedMachine">,
  cluster: Pick<Cluster, "biosType">,
  machineTypes: Iterable<string>,
): string | null => vm.customEmulatedMachine ?? newestMachineType(chipsetOf(vm, cluster), machineTypes);
