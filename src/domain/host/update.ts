import { Field, InputType, Int } from "type-graphql";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { checkName, expectVersion, patchOf, refuseTaken } from "../input.ts";
import { checkAddress } from "./address.ts";

@InputType()
export class UpdateHostInput {
  @Field(() => Int, { nullable: true }) version?: number;
  @Field({ nullable: true }) name?: string;
  @Field({ nullable: true }) description?: string;
  @Field({ nullable: true }) comment?: string;
  @Field({ nullable: true }) address?: string;
}

/** Throws NOT_FOUND, INVALID, CONFLICT (version, name taken). */
export const updateHost = (
  engine: Engine,
  caller: Caller,
  { id, input, ...request }: Request & { id: string; input: UpdateHostInput },
): Promise<Outcome<"Host">> =>
  command(engine, caller, request, {
    verb: "updateHost",
    kind: "Host",
    input: { id, input },
    decide: (tx) => {
      permit(caller, "EDIT_HOST_CONFIGURATION");
      const host = tx.need("Host", id);
      expectVersion(host, input.version);
      const patch = patchOf(input, ["name", "description", "comment", "address"]);
      if (patch.name !== undefined) {
        patch.name = checkName(patch.name);
        refuseTaken(tx.snapshot.by("Host", "name", patch.name), "input.name", id);
      }
      if (patch.address !== undefined) checkAddress(patch.address);
      const entity = tx.update("Host", host, patch);
      tx.event(auditEvent("USER_UPDATE_VDS", `Host ${entity.name} was updated by ${caller.userName}.`, { hostId: id }));
      return { entity };
    },
  });
