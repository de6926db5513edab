import { Field, InputType, Int } from "type-graphql";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { expectVersion, patchOf } from "../input.ts";
import { refuseHotPlug } from "../vm/hotPlug.ts";
import { requireVmState } from "../vm/states.ts";
import { checkAttachment } from "./attach.ts";
import { DiskInterface } from "./disk.ts";

@InputType()
export class UpdateDiskAttachmentInput {
  @Field(() => Int, { nullable: true }) version?: number;
  @Field({ nullable: true }) bootable?: boolean;
  @Field(() => DiskInterface, { nullable: true }) interface?: DiskInterface;
  @Field({ nullable: true }) active?: boolean;
  @Field({ nullable: true }) readOnly?: boolean;
}

/** Throws NOT_FOUND, INVALID, CONFLICT (version, second bootable disk), NOT_ALLOWED_IN_STATE while the VM is not down. */
export const updateDiskAttachment = (
  engine: Engine,
  caller: Caller,
  { id, input, ...request }: Request & { id: string; input: UpdateDiskAttachmentInput },
): Promise<Outcome<"DiskAttachment">> =>
  command(engine, caller, request, {
    verb: "updateDiskAttachment",
    kind: "DiskAttachment",
    input: { id, input },
    decide: (tx) => {
      permit(caller, "CONFIGURE_VM_STORAGE");
      const attachment = tx.need("DiskAttachment", id);
      const vm = tx.need("Vm", attachment.vmId);
      expectVersion(attachment, input.version);
      requireVmState(vm, "attachDisk");
      refuseHotPlug(vm);
      const entity = tx.update("DiskAttachment", attachment, patchOf(input, ["bootable", "interface", "active", "readOnly"]));
      checkAttachment(tx, entity);
      tx.claim("Vm", vm);
      const disk = tx.need("Disk", attachment.diskId);
      const links = { vmId: vm.id, clusterId: vm.clusterId, storageDomainId: disk.storageDomainId };
      tx.event(auditEvent("USER_UPDATE_VM_DISK", `Disk ${disk.name} of VM ${vm.name} was updated by ${caller.userName}.`, links));
      return { entity };
    },
  });
