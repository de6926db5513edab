import type { Snapshot } from "../inventory/snapshot.ts";
import type { RowOf } from "../kinds.ts";
import type { RefusalCode } from "./filters.ts";

/** What affinity groups, affinity labels and pins say about the hosts on which a VM may, and is to, run. */

interface HostRule {
  code: RefusalCode;
  admits: (hostId: string) => boolean;
  /** The rest of a sentence that begins with the host's name. */
  words: string;
}
/** Not a must. */
interface HostWish {
  admits: (hostId: string) => boolean;
  /** Taken off the score of a host that does not do. */
  penalty: number;
}
export interface HostRules {
  rules: readonly HostRule[];
  wishes: readonly HostWish[];
}

/** A third of the best score there is, at priority 1: a wish outweighs any but a large difference of load. */
const PENALTY = 33;

/** Ids of the hosts where the other VMs of a group run, or are about to. */
function hostsOfOthers(snapshot: Snapshot, vmIds: readonly string[], vmId: string): Set<string> {
  const others = vmIds.filter((id) => id !== vmId).map((id) => snapshot.get("Vm", id));
  return new Set(others.flatMap((vm) => [vm?.migratingToId ?? vm?.hostId]).filter((id) => typeof id === "string"));
}

/** What one group says: each rule as a test of a host, and whether it must hold. */
function saysOf(snapshot: Snapshot, group: RowOf<"AffinityGroup">, vmId: string) {
  const { name, vmsRule, hostsRule } = group;
  const said: (HostRule & { enforcing: boolean })[] = [];
  if (hostsRule.enabled) {
    const own = new Set(group.hostIds);
    const words = `${hostsRule.positive ? "is none" : "is one"} of the hosts of affinity group ${name}`;
    said.push({ code: "HOST_AFFINITY", admits: (id) => own.has(id) === hostsRule.positive, words, enforcing: hostsRule.enforcing });
  }
  if (vmsRule.enabled) {
    const taken = hostsOfOthers(snapshot, group.vmIds, vmId);
    const words = vmsRule.positive ? `is not where the VMs of affinity group ${name} run` : `runs another VM of affinity group ${name}`;
    const admits = (id: string) => (vmsRule.positive ? taken.size === 0 || taken.has(id) : !taken.has(id));
    said.push({ code: "VM_AFFINITY", admits, words, enforcing: vmsRule.enforcing });
  }
  return said.map((each) => ({ ...each, priority: group.priority }));
}

export function hostRulesOf(snapshot: Snapshot, { id, placementHostIds }: Pick<RowOf<"Vm">, "id" | "placementHostIds">): HostRules {
  const rules: HostRule[] = [];
  const pins = new Set(placementHostIds);
  if (pins.size > 0)
    rules.push({ code: "PINNED_TO_HOST", admits: (hostId) => pins.has(hostId), words: "is none of the hosts that the VM is pinned to" });
  for (const label of snapshot.by("AffinityLabel", "vmIds", id)) {
    const hosts = new Set(label.hostIds);
    rules.push({ code: "LABEL", admits: (hostId) => hosts.has(hostId), words: `has no affinity label ${label.name}` });
  }
  const said = snapshot.by("AffinityGroup", "vmIds", id).flatMap((group) => saysOf(snapshot, group, id));
  const wishes = said.filter(({ enforcing }) => !enforcing).map(({ admits, priority }) => ({ admits, penalty: PENALTY * priority }));
  return { rules: [...rules, ...said.filter(({ enforcing }) => enforcing)], wishes };
}

/** Whether the VMs of a group run otherwise than it says. */
export function isBroken(snapshot: Snapshot, group: RowOf<"AffinityGroup">): boolean {
  const running = group.vmIds.map((id) => snapshot.get("Vm", id)).filter((vm) => vm !== undefined && vm.hostId !== null);
  return running.some((vm) => saysOf(snapshot, group, vm!.id).some(({ admits }) => !admits(vm!.hostId!)));
}
