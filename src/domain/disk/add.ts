import { Field, ID, InputType } from "type-graphql";
import type { Transaction } from "../../db/unitOfWork.ts";
import { invalid } from "../../errors.ts";
import { attachDisk } from "../diskAttachment/attach.ts";
import { DiskInterface } from "../diskAttachment/diskAttachment.ts";
import { auditEvent } from "../event/codes.ts";
import { needNamed } from "../input.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import { addJob } from "../job/definition.ts";
import type { RowOf } from "../kinds.ts";
import { declarationOf } from "../noun/declaration.ts";
import { newRow, placeIn } from "../noun/defaults.ts";
import { addInputOf } from "../noun/inputs.ts";
import { addition } from "../noun/verb.ts";
import { requireHostFor } from "../storage/anyHost.ts";
import { requireActive } from "../storage/check.ts";
import { addDiskJob } from "./addJob.ts";
import { requireDiskProfile, requireRoom, requireSpace } from "./check.ts";
import { Disk } from "./disk.ts";

@InputType({ description: "The VM a new disk is put into." })
export class NewDiskAttachmentInput {
  @Field(() => ID, { description: "The VM, which must be down." }) vmId: string;
  @Field({ nullable: true, description: "False when absent." }) bootable?: boolean;
  @Field(() => DiskInterface, { nullable: true, description: "VIRTIO when absent." }) interface?: DiskInterface;
  @Field({ nullable: true, description: "False when absent." }) readOnly?: boolean;
}
@InputType()
class WithAttachment {
  @Field(() => NewDiskAttachmentInput, { nullable: true, description: "The VM it is put into; none when absent." })
  attachment?: NewDiskAttachmentInput | null;
}

const vmOf = ({ attachment }: WithAttachment, seen: Snapshot): RowOf<"Vm"> | null =>
  attachment ? needNamed(seen, "Vm", { id: attachment.vmId, path: "input.attachment.vmId" }) : null;

/**
 * An empty disk, in a VM that is down if asked for.
 * Throws NOT_FOUND (domain, VM), INVALID, CONFLICT (second bootable disk), NOT_ALLOWED_IN_STATE, STORAGE (no space), NO_HOST.
 */
export const addDisk = addition({
  name: "addDisk",
  on: "Disk",
  permit: "CREATE_DISK",
  risk: "REVERSIBLE",
  description: "An empty disk.",
  input: addInputOf(declarationOf(Disk.name), WithAttachment),
  within: placeIn("Disk"),
  needs: ({ input, seen }) => {
    const vm = vmOf(input as WithAttachment, seen);
    return vm ? [{ permit: "CONFIGURE_VM_STORAGE", on: { kind: "Vm", row: vm } }] : [];
  },
  decide: (tx, given) => {
    const { attachment } = given.input as WithAttachment;
    const vm = vmOf({ attachment }, given.seen);
    const row = newRow(tx, "Disk", { given, check: checkNew });
    const domain = tx.need("StorageDomain", row.storageDomainId);
    requireActive(domain);
    requireRoom(domain);
    if (!row.sparse) requireSpace(tx.snapshot, domain, row.provisionedSize);
    requireHostFor(tx.snapshot, domain.dataCenterId);
    const entity = tx.insert("Disk", row);
    if (vm) attachDisk(tx, { vm, disk: entity, settings: attachment ?? {} });
    const subject = { kind: "Disk", id: entity.id };
    const description = `Adding disk ${row.name}`;
    const job = addJob(tx, { definition: addDiskJob, description, subject, input: { vmId: vm?.id ?? null } });
    const links = { storageDomainId: domain.id, dataCenterId: domain.dataCenterId, vmId: vm?.id ?? null };
    const where = vm ? ` to VM ${vm.name}` : "";
    const words = `Adding disk ${row.name}${where} was asked for by ${given.caller.userName}.`;
    tx.event(auditEvent(vm ? "USER_ADD_DISK_TO_VM" : "USER_ADD_DISK", words, links));
    return { entity, job };
  },
});

function checkNew(tx: Transaction, disk: RowOf<"Disk">): Pick<RowOf<"Disk">, "sparse"> {
  requireDiskProfile(tx, disk);
  return { sparse: checkedLayout(disk.format, disk.sparse) };
}

function checkedLayout(format: RowOf<"Disk">["format"], sparse: boolean | undefined): boolean {
  if (format === "COW" && sparse === false) throw invalid("input.sparse", "A COW image is always sparse.", "COW_PREALLOCATED");
  return sparse ?? format === "COW";
}
