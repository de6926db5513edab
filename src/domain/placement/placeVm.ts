import type { Snapshot } from "../inventory/snapshot.ts";
import type { RowOf } from "../kinds.ts";
import { DEFAULT_WEIGHTS, weightsOf, type Weights } from "../scheduling/weights.ts";
import { askedCpuModel, biosTypeOf, chipsetOf, DEFAULT_CPU_MODEL, machineTypeOf } from "../vm/domainXml/platform.ts";
import { hostRulesOf } from "./affinity.ts";
import { candidatesOf, clusterField, fieldOf, type Field } from "./candidate.ts";
import type { Demand } from "./filters.ts";
import { hostLoad, memoryClaim, vcpusOf } from "./load.ts";
import { place, type PlacementResult } from "./place.ts";

export interface PlacementOptions {
  /** Only this host will do. */
  hostId?: string | null | undefined;
  /** Any host but this one. */
  exclude?: string | undefined;
}

/** Where a VM would go now: to start, or, when it is on a host, away from it. Never throws; an unknown `hostId` is no candidate. */
export function placeVm(snapshot: Snapshot, vm: RowOf<"Vm">, { hostId, exclude }: PlacementOptions = {}): PlacementResult {
  const demand = demandOf(snapshot, vm);
  if (!demand) return { choice: null, ranked: [], refusals: [] };
  const field = hostId === null || hostId === undefined ? clusterField(snapshot, vm.clusterId) : fieldOfOne(snapshot, hostId);
  const excluded = [vm.hostId, exclude].filter((id) => typeof id === "string");
  return place({ demand, field, exclude: excluded, hostRules: hostRulesOf(snapshot, vm), weights: weightsIn(snapshot, vm.clusterId) });
}

const weightsIn = (snapshot: Snapshot, clusterId: string): Weights => {
  const policy = snapshot.get("SchedulingPolicy", snapshot.get("Cluster", clusterId)?.schedulingPolicyId ?? null);
  return policy ? weightsOf(policy.weights) : DEFAULT_WEIGHTS;
};

function fieldOfOne(snapshot: Snapshot, hostId: string): Field {
  const host = snapshot.get("Host", hostId);
  const cluster = host && snapshot.get("Cluster", host.clusterId);
  return fieldOf(host && cluster ? candidatesOf(cluster, [host], () => hostLoad(snapshot, hostId)) : []);
}

function demandOf(snapshot: Snapshot, vm: RowOf<"Vm">): Demand | null {
  const cluster = snapshot.get("Cluster", vm.clusterId);
  if (!cluster) return null;
  const running = snapshot.get("Host", vm.hostId)?.capabilities ?? null;
  const asked = askedCpuModel(vm, cluster);
  return {
    clusterId: vm.clusterId,
    memory: memoryClaim(vm),
    vcpus: vcpusOf(vm),
    bridges: bridgesOf(snapshot, vm.id),
    chipset: chipsetOf(vm, cluster),
    // A VM that runs keeps the machine it was started with: the newest of the host it is on.
    machineType: running ? machineTypeOf(vm, cluster, running.machineTypes) : vm.customEmulatedMachine,
    uefi: biosTypeOf(vm, cluster) === "Q35_OVMF",
    cpuModel: running?.virtualization === "kvm" ? (asked ?? DEFAULT_CPU_MODEL.kvm) : asked,
    virtualization: running?.virtualization ?? null,
  };
}

function bridgesOf(snapshot: Snapshot, vmId: string): string[] {
  const bridges = new Set<string>();
  for (const nic of snapshot.by("Nic", "vmId", vmId)) {
    const profile = nic.plugged ? snapshot.get("VnicProfile", nic.vnicProfileId) : undefined;
    const network = profile && snapshot.get("Network", profile.networkId);
    if (network) bridges.add(network.vdsmName);
  }
  return [...bridges];
}
