import type { Reason } from "../../errors.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import { engineMoveRefusal } from "../vm/states.ts";
import type { RowOf } from "../kinds.ts";

/** VMs on record as being on the host, or on their way to it. */
export const hostVms = (snapshot: Snapshot, hostId: string): RowOf<"Vm">[] => [
  ...snapshot.by("Vm", "hostId", hostId),
  ...snapshot.by("Vm", "migratingToId", hostId),
];

/** Nothing is moved away that stays where it is; and nothing can be from a host that does not answer, and nobody knows whether its VMs run: as in oVirt. */
export function deactivationRefusal(snapshot: Snapshot, host: Pick<RowOf<"Host">, "id" | "name" | "status">): Reason | null {
  const count = host.status === "NON_RESPONSIVE" ? hostVms(snapshot, host.id).length : 0;
  if (count === 0) return stayingRefusal(snapshot, host.id);
  const message = `Host ${host.name} does not respond and has ${count} VM${count === 1 ? "" : "s"} on record, so it cannot be sent into maintenance.`;
  return { code: "VDS_CANNOT_MAINTENANCE_VDS_IS_NOT_RESPONDING_WITH_VMS", message };
}

function stayingRefusal(snapshot: Snapshot, hostId: string): Reason | null {
  const staying = hostVms(snapshot, hostId).find((vm) => engineMoveRefusal(vm) !== null);
  if (!staying) return null;
  const message = `VM ${staying.name} must not be moved by the engine: stop it, or move it yourself.`;
  return { code: "VDS_CANNOT_MAINTENANCE_IT_INCLUDES_NON_MIGRATABLE_VM", message, about: { kind: "Vm", id: staying.id } };
}
