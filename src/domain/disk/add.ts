import { randomUUID } from "node:crypto";
import { GraphQLSafeInt } from "graphql-scalars";
import { Field, ID, InputType } from "type-graphql";
import { invalid } from "../../errors.ts";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { checkName } from "../input.ts";
import { addJob } from "../job/definition.ts";
import { requireHostFor } from "../storage/anyHost.ts";
import { requireDomainStatus } from "../storage/check.ts";
import { addDiskJob } from "./addJob.ts";
import { attachDisk } from "./attach.ts";
import { checkSize, requireSpace } from "./check.ts";
import { DiskFormat, DiskInterface } from "./disk.ts";

@InputType({ description: "The VM a new disk is put into." })
export class NewDiskAttachmentInput {
  @Field(() => ID) vmId: string;
  @Field({ nullable: true, description: "False when absent." }) bootable?: boolean;
  @Field(() => DiskInterface, { nullable: true, description: "VIRTIO when absent." }) interface?: DiskInterface;
  @Field({ nullable: true, description: "False when absent." }) readOnly?: boolean;
}

@InputType()
export class AddDiskInput {
  @Field() name: string;
  @Field({ nullable: true }) description?: string;
  @Field(() => ID) storageDomainId: string;
  @Field(() => GraphQLSafeInt, { description: "Bytes: 1 MiB to 8 TiB, a multiple of 512." }) provisionedSize: number;
  @Field(() => DiskFormat, { nullable: true, description: "COW when absent." }) format?: DiskFormat;
  @Field({ nullable: true, description: "Whether space is taken only when it is written to; when absent: true for COW, false for RAW." })
  sparse?: boolean;
  @Field(() => NewDiskAttachmentInput, { nullable: true }) attachment?: NewDiskAttachmentInput;
}

/**
 * An empty disk, in a VM that is down if asked for.
 * Throws NOT_FOUND (domain, VM), INVALID, CONFLICT (second bootable disk), NOT_ALLOWED_IN_STATE, STORAGE (no space), NO_HOST.
 */
export const addDisk = (
  engine: Engine,
  caller: Caller,
  { input, ...request }: Request & { input: AddDiskInput },
): Promise<Outcome<"Disk">> =>
  command(engine, caller, request, {
    verb: "addDisk",
    kind: "Disk",
    input,
    decide: (tx) => {
      permit(caller, "CREATE_DISK");
      if (input.attachment) permit(caller, "CONFIGURE_VM_STORAGE");
      const domain = tx.need("StorageDomain", input.storageDomainId);
      const vm = input.attachment ? tx.need("Vm", input.attachment.vmId) : null;
      const { name, description, provisionedSize, ...layout } = checked(input);
      requireDomainStatus(domain, ["ACTIVE"]);
      if (!layout.sparse) requireSpace(tx.snapshot, domain, provisionedSize);
      requireHostFor(tx.snapshot, domain.dataCenterId);
      const image = { storageDomainId: domain.id, status: "LOCKED", actualSize: 0, imageId: randomUUID() } as const;
      const entity = tx.insert("Disk", { name, description, provisionedSize, ...layout, ...image });
      if (vm) attachDisk(tx, { vm, disk: entity, settings: input.attachment ?? {} });
      const subject = { kind: "Disk", id: entity.id };
      const job = addJob(tx, { definition: addDiskJob, description: `Adding disk ${name}`, subject, input: { vmId: vm?.id ?? null } });
      const links = { storageDomainId: domain.id, dataCenterId: domain.dataCenterId };
      if (vm)
        tx.event(
          auditEvent("USER_ADD_DISK_TO_VM", `Adding disk ${name} to VM ${vm.name} was asked for by ${caller.userName}.`, {
            ...links,
            vmId: vm.id,
          }),
        );
      else tx.event(auditEvent("USER_ADD_DISK", `Adding disk ${name} was asked for by ${caller.userName}.`, links));
      return { entity, job };
    },
  });

function checked({ name, description, provisionedSize, format, sparse }: AddDiskInput) {
  const layout = { format: format ?? "COW", sparse: sparse ?? format !== "RAW" } as const;
  if (layout.format === "COW" && !layout.sparse) throw invalid("input.sparse", "A COW image is always sparse.", "COW_PREALLOCATED");
  return { name: checkName(name), description: description ?? "", provisionedSize: checkSize(provisionedSize), ...layout };
}
