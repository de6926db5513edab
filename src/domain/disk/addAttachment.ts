import { Field, ID, InputType } from "type-graphql";
import type { Transaction } from "../../db/unitOfWork.ts";
import { OvertError } from "../../errors.ts";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import type { RowOf } from "../kinds.ts";
import { attachDisk } from "./attach.ts";
import { requireDiskStatus } from "./check.ts";
import { DiskInterface } from "./disk.ts";

@InputType()
export class AddDiskAttachmentInput {
  @Field(() => ID) vmId: string;
  @Field(() => ID) diskId: string;
  @Field({ nullable: true, description: "False when absent." }) bootable?: boolean;
  @Field(() => DiskInterface, { nullable: true, description: "VIRTIO when absent." }) interface?: DiskInterface;
  @Field({ nullable: true, description: "True when absent." }) active?: boolean;
  @Field({ nullable: true, description: "False when absent." }) readOnly?: boolean;
}

/** Puts a disk into a VM that is down. Throws NOT_FOUND, INVALID, CONFLICT (it is in a VM, second bootable disk), NOT_ALLOWED_IN_STATE. */
export const addDiskAttachment = (
  engine: Engine,
  caller: Caller,
  { input, ...request }: Request & { input: AddDiskAttachmentInput },
): Promise<Outcome<"DiskAttachment">> =>
  command(engine, caller, request, {
    verb: "addDiskAttachment",
    kind: "DiskAttachment",
    input,
    decide: (tx) => {
      permit(caller, "CONFIGURE_VM_STORAGE");
      permit(caller, "ATTACH_DISK");
      const vm = tx.need("Vm", input.vmId);
      const disk = tx.need("Disk", input.diskId);
      requireDiskStatus(disk, ["OK"]);
      refuseAttached(tx, disk);
      const entity = attachDisk(tx, { vm, disk, settings: input });
      tx.claim("Disk", disk);
      const links = { vmId: vm.id, clusterId: vm.clusterId, storageDomainId: disk.storageDomainId };
      tx.event(auditEvent("USER_ATTACH_DISK_TO_VM", `Disk ${disk.name} was attached to VM ${vm.name} by ${caller.userName}.`, links));
      return { entity };
    },
  });

function refuseAttached({ snapshot }: Transaction, disk: RowOf<"Disk">): void {
  const [attachment] = snapshot.by("DiskAttachment", "diskId", disk.id);
  if (!attachment) return;
  const message = `Disk ${disk.name} is attached to VM ${snapshot.need("Vm", attachment.vmId).name}.`;
  throw new OvertError("CONFLICT", message, [{ code: "ATTACHED", message, path: "input.diskId" }]);
}
