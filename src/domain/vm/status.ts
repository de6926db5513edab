import type { Transaction } from "../../db/unitOfWork.ts";
import { auditEvent, type AuditLogName } from "../event/codes.ts";
import { nextRunOf } from "../noun/nextRun.ts";
import type { RowOf } from "../kinds.ts";
import type { Vm, VmStatus } from "./vm.ts";

type VmRow = RowOf<"Vm">;
const NOT_RUNNING = {
  hostId: null,
  migratingToId: null,
  displayAddress: null,
  displayPort: null,
  reportedDevices: [],
  applicationNames: [],
  fqdn: null,
} satisfies Partial<Vm>;

/** Every change of a VM's state goes through here, so that `statusSince` is true. */
export function setVmStatus(tx: Transaction, vm: VmRow, status: VmStatus, patch: Partial<Vm> = {}): VmRow {
  const since = vm.status === status ? {} : { status, statusSince: tx.now, statusDetail: null };
  return tx.update("Vm", vm, { ...since, ...(status === "DOWN" && nextRunOf(vm)), ...patch });
}

/** The VM runs nowhere any more. */
export function setVmDown(tx: Transaction, vm: VmRow, detail: string | null): VmRow {
  return setVmStatus(tx, vm, "DOWN", { ...NOT_RUNNING, statusDetail: detail, stopTime: tx.now });
}

/** As `setVmDown`, with its memory kept in a file. */
export function setVmSuspended(tx: Transaction, vm: VmRow): VmRow {
  return setVmStatus(tx, vm, "SUSPENDED", NOT_RUNNING);
}

/** On the host where the VM is, unless `vm` is given with another. */
export function vmEvent(tx: Transaction, name: AuditLogName, vm: Pick<VmRow, "id" | "hostId" | "clusterId">, description: string): void {
  tx.event(auditEvent(name, description, { vmId: vm.id, hostId: vm.hostId, clusterId: vm.clusterId }));
}

export const hostName = (tx: Transaction, hostId: string | null): string => tx.get("Host", hostId)?.name ?? "unknown host";
