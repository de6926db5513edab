import { Field, InputType, Int } from "type-graphql";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { checkName, expectVersion, patchOf, refuseTaken } from "../input.ts";

@InputType()
export class UpdateStorageDomainInput {
  @Field(() => Int, { nullable: true }) version?: number;
  @Field({ nullable: true }) name?: string;
  @Field({ nullable: true }) description?: string;
  @Field({ nullable: true }) comment?: string;
}

/** Throws NOT_FOUND, INVALID, CONFLICT (version, name taken). */
export const updateStorageDomain = (
  engine: Engine,
  caller: Caller,
  { id, input, ...request }: Request & { id: string; input: UpdateStorageDomainInput },
): Promise<Outcome<"StorageDomain">> =>
  command(engine, caller, request, {
    verb: "updateStorageDomain",
    kind: "StorageDomain",
    input: { id, input },
    decide: (tx) => {
      permit(caller, "EDIT_STORAGE_DOMAIN_CONFIGURATION");
      const domain = tx.need("StorageDomain", id);
      expectVersion(domain, input.version);
      const patch = patchOf(input, ["name", "description", "comment"]);
      if (patch.name !== undefined) {
        patch.name = checkName(patch.name);
        refuseTaken(tx.snapshot.by("StorageDomain", "name", patch.name), "input.name", id);
      }
      const entity = tx.update("StorageDomain", domain, patch);
      const links = { storageDomainId: id, dataCenterId: entity.dataCenterId };
      tx.event(auditEvent("USER_UPDATE_STORAGE_DOMAIN", `Storage domain ${entity.name} was updated by ${caller.userName}.`, links));
      return { entity };
    },
  });
