import type { Transaction } from "../../db/unitOfWork.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import { invalid, OvertError, refusedAt, type Reason } from "../../errors.ts";
import type { RowOf } from "../kinds.ts";
import { requireState } from "../noun/states.ts";
import type { DiskStatus } from "./disk.ts";

const GIB = 2 ** 30;

/** Throws STORAGE, reason NO_SPACE, when the domain is known to have less than `bytes`; images being made have theirs set aside. */
export function requireSpace(snapshot: Snapshot, domain: RowOf<"StorageDomain">, bytes: number): void {
  if (domain.available === null) return;
  const inTheMaking = snapshot.by("Disk", "storageDomainId", domain.id).filter(({ status, sparse }) => status === "LOCKED" && !sparse);
  const promised = inTheMaking.reduce((sum, disk) => sum + Math.max(0, disk.provisionedSize - disk.actualSize), 0);
  if (bytes <= domain.available - promised) return;
  const message = `Storage domain ${domain.name} has ${Math.max(0, domain.available - promised)} bytes left, ${bytes} are needed.`;
  const about = { kind: "StorageDomain", id: domain.id } as const;
  throw refusedAt("input.provisionedSize", "STORAGE", { code: "NO_SPACE", message, about });
}

/** Throws STORAGE, reason ACTION_TYPE_FAILED_DISK_SPACE_LOW_ON_STORAGE_DOMAIN, when the domain has less left than it must keep. */
export function requireRoom({ id, name, available, criticalSpaceActionBlocker }: RowOf<"StorageDomain">): void {
  if (available === null || available >= criticalSpaceActionBlocker * GIB) return;
  const message = `Storage domain ${name} has less than ${criticalSpaceActionBlocker} GiB left.`;
  const code = "ACTION_TYPE_FAILED_DISK_SPACE_LOW_ON_STORAGE_DOMAIN";
  throw new OvertError("STORAGE", message, [{ code, message, about: { kind: "StorageDomain", id } }]);
}

/** Throws NOT_ALLOWED_IN_STATE, reason DISK_STATUS_<status>. */
export const requireDiskStatus = (disk: RowOf<"Disk">, states: readonly DiskStatus[]): void =>
  requireState("Disk", disk, { states, done: "used" });

/** No job may be at work on a disk of a VM that is about to run or to go. Throws NOT_ALLOWED_IN_STATE, reason DISK_STATUS_<status>. */
export function requireDisksOf(snapshot: Snapshot, vm: RowOf<"Vm">, allowed: readonly DiskStatus[]): void {
  for (const { diskId } of snapshot.by("DiskAttachment", "vmId", vm.id)) requireDiskStatus(snapshot.need("Disk", diskId), allowed);
}

/** VMs that have the disk, which must all be down: memory of a running or suspended VM relies on the image. Throws NOT_ALLOWED_IN_STATE. */
export function requireUsersDown(snapshot: Snapshot, disk: RowOf<"Disk">): RowOf<"Vm">[] {
  const vms = snapshot.by("DiskAttachment", "diskId", disk.id).map(({ vmId }) => snapshot.need("Vm", vmId));
  const reasons = vms.flatMap(({ id, name, status }): Reason[] => {
    const message = `Disk ${disk.name} is in VM ${name}, which is not down.`;
    return status === "DOWN" ? [] : [{ code: `VM_STATUS_${status}`, message, about: { kind: "Vm", id } }];
  });
  if (reasons[0]) throw new OvertError("NOT_ALLOWED_IN_STATE", reasons[0].message, reasons);
  return vms;
}

/** Throws INVALID, reason OTHER_STORAGE_DOMAIN. */
export function requireDiskProfile(
  { snapshot }: Transaction,
  { diskProfileId, storageDomainId }: Pick<RowOf<"Disk">, "diskProfileId" | "storageDomainId">,
): void {
  const profile = snapshot.get("DiskProfile", diskProfileId);
  if (profile && profile.storageDomainId !== storageDomainId)
    throw invalid("input.diskProfileId", `Disk profile ${profile.name} is one of another storage domain.`, "OTHER_STORAGE_DOMAIN");
}
