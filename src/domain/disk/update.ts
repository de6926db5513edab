import { GraphQLSafeInt } from "graphql-scalars";
import { Field, InputType, Int } from "type-graphql";
import type { Transaction } from "../../db/unitOfWork.ts";
import { invalid } from "../../errors.ts";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Decision, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { checkName, expectVersion, patchOf } from "../input.ts";
import { addJob } from "../job/definition.ts";
import type { RowOf } from "../kinds.ts";
import { requireHostFor } from "../storage/anyHost.ts";
import { requireDomainStatus } from "../storage/check.ts";
import { checkSize, requireDiskStatus, requireSpace, requireUsersDown } from "./check.ts";
import { diskLinks } from "./events.ts";
import { extendDiskJob } from "./extendJob.ts";

@InputType()
export class UpdateDiskInput {
  @Field(() => Int, { nullable: true }) version?: number;
  @Field({ nullable: true }) name?: string;
  @Field({ nullable: true }) description?: string;
  @Field(() => GraphQLSafeInt, { nullable: true, description: "Bytes; it only grows, and while its VM is down." }) provisionedSize?: number;
}

/** Throws NOT_FOUND, INVALID (also to shrink it), CONFLICT (version), NOT_ALLOWED_IN_STATE, STORAGE (no space), NO_HOST. */
export const updateDisk = (
  engine: Engine,
  caller: Caller,
  { id, input, ...request }: Request & { id: string; input: UpdateDiskInput },
): Promise<Outcome<"Disk">> =>
  command(engine, caller, request, {
    verb: "updateDisk",
    kind: "Disk",
    input: { id, input },
    decide: (tx) => {
      permit(caller, "EDIT_DISK_PROPERTIES");
      const disk = tx.need("Disk", id);
      expectVersion(disk, input.version);
      requireDiskStatus(disk, ["OK"]);
      const { provisionedSize = disk.provisionedSize, ...patch } = patchOf(input, ["name", "description", "provisionedSize"]);
      if (patch.name !== undefined) patch.name = checkName(patch.name);
      const entity = tx.update("Disk", disk, patch);
      if (provisionedSize !== disk.provisionedSize) return extend(tx, caller, entity, provisionedSize);
      tx.event(auditEvent("USER_UPDATE_DISK", `Disk ${entity.name} was updated by ${caller.userName}.`, diskLinks(tx.snapshot, disk)));
      return { entity };
    },
  });

function extend(tx: Transaction, caller: Caller, disk: RowOf<"Disk">, wanted: number): Decision<"Disk"> {
  const provisionedSize = checkSize(wanted);
  if (provisionedSize < disk.provisionedSize) throw invalid("input.provisionedSize", "A disk only grows.", "SHRINK");
  const domain = tx.need("StorageDomain", disk.storageDomainId);
  requireDomainStatus(domain, ["ACTIVE"]);
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
