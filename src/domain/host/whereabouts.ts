import type { Journal } from "../journal/journal.ts";
import type { RowOf } from "../kinds.ts";

/**
 * Whether the record has a VM on a host, or on its way there. Asked for each VM at each sample: so rows are kept by id, and
 * only what changed in the inventory since the last question is looked at.
 */
export function createWhereabouts(journal: Pick<Journal, "snapshot">): (hostId: string) => (vmId: string) => boolean {
  let seen = journal.snapshot();
  const rows = new Map<string, RowOf<"Vm">>();
  for (const vm of seen.all("Vm")) rows.set(vm.id, vm);
  const refresh = () => {
    const newest = journal.snapshot();
    if (newest === seen) return;
    for (const { before, after } of newest.since("Vm", seen)) {
      if (after) rows.set(after.id, after);
      else if (before) rows.delete(before.id);
    }
    seen = newest;
  };
  return (hostId) => {
    refresh();
    return (vmId) => {
      const vm = rows.get(vmId);
      return vm !== undefined && (vm.hostId === hostId || vm.migratingToId === hostId);
    };
  };
}
