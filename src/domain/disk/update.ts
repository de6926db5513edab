import type { Transaction } from "../../db/unitOfWork.ts";
import { invalid } from "../../errors.ts";
import type { Caller } from "../access/caller.ts";
import type { Decision } from "../command.ts";
import { auditEvent } from "../event/codes.ts";
import { addJob } from "../job/definition.ts";
import type { RowOf } from "../kinds.ts";
import { declarationOf } from "../noun/declaration.ts";
import { changedRow } from "../noun/defaults.ts";
import { updateInputOf } from "../noun/inputs.ts";
import { verb } from "../noun/verb.ts";
import { requireHostFor } from "../storage/anyHost.ts";
import { requireActive } from "../storage/check.ts";
import { requireDiskProfile, requireRoom, requireSpace, requireUsersDown } from "./check.ts";
import { Disk } from "./disk.ts";
import { diskLinks } from "./events.ts";
import { extendDiskJob } from "./extendJob.ts";

/** Throws NOT_FOUND, INVALID (also to shrink it), CONFLICT (version), NOT_ALLOWED_IN_STATE, STORAGE (no space), NO_HOST. */
export const updateDisk = verb({
  name: "updateDisk",
  on: "Disk",
  permit: "EDIT_DISK_PROPERTIES",
  states: ["OK"],
  done: "updated",
  risk: "REVERSIBLE",
  description: "Changes a disk; a new size is a job.",
  input: updateInputOf(declarationOf(Disk.name)),
  inputRequired: true,
  decide: (tx, disk, given) => {
    const { provisionedSize, ...patch } = changedRow(tx, "Disk", { before: disk, given, check: requireDiskProfile });
    const entity = tx.update("Disk", disk, patch);
    if (provisionedSize !== disk.provisionedSize) return extend(tx, given.caller, entity, provisionedSize);
    tx.event(auditEvent("USER_UPDATE_DISK", `Disk ${entity.name} was updated by ${given.caller.userName}.`, diskLinks(tx.snapshot, disk)));
    return { entity };
  },
});

function extend(tx: Transaction, caller: Caller, disk: RowOf<"Disk">, provisionedSize: number): Decision<"Disk"> {
  if (provisionedSize < disk.provisionedSize) throw invalid("input.provisionedSize", "A disk only grows.", "SHRINK");
  const domain = tx.need("StorageDomain", disk.storageDomainId);
  requireActive(domain);
  requireRoom(domain);
  if (!disk.sparse) requireSpace(tx.snapshot, domain, provisionedSize - disk.provisionedSize);
  for (const vm of requireUsersDown(tx.snapshot, disk)) tx.claim("Vm", vm);
  requireHostFor(tx.snapshot, domain.dataCenterId);
  const entity = tx.update("Disk", disk, { status: "LOCKED" });
  const subject = { kind: "Disk", id: disk.id };
  const job = addJob(tx, { definition: extendDiskJob, description: `Extending disk ${disk.name}`, subject, input: { provisionedSize } });
  const description = `Extending disk ${disk.name} to ${provisionedSize} bytes was asked for by ${caller.userName}.`;
  tx.event(auditEvent("USER_EXTENDED_DISK_SIZE", description, diskLinks(tx.snapshot, disk)));
  return { entity, job };
}
