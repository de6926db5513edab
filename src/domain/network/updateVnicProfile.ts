import { Field, InputType, Int } from "type-graphql";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { expectVersion, patchOf } from "../input.ts";
import { checkFreeProfileName } from "./names.ts";

@InputType()
export class UpdateVnicProfileInput {
  @Field(() => Int, { nullable: true }) version?: number;
  @Field({ nullable: true }) name?: string;
  @Field({ nullable: true }) description?: string;
  @Field({ nullable: true }) comment?: string;
}

/** Throws NOT_FOUND, INVALID, CONFLICT (version, name taken). */
export const updateVnicProfile = (
  engine: Engine,
  caller: Caller,
  { id, input, ...request }: Request & { id: string; input: UpdateVnicProfileInput },
): Promise<Outcome<"VnicProfile">> =>
  command(engine, caller, request, {
    verb: "updateVnicProfile",
    kind: "VnicProfile",
    input: { id, input },
    decide: (tx) => {
      permit(caller, "CONFIGURE_NETWORK_VNIC_PROFILE");
      const profile = tx.need("VnicProfile", id);
      expectVersion(profile, input.version);
      const patch = patchOf(input, ["name", "description", "comment"]);
      if (patch.name !== undefined) patch.name = checkFreeProfileName(tx.snapshot, profile.networkId, patch.name, id);
      const entity = tx.update("VnicProfile", profile, patch);
      tx.event(auditEvent("UPDATE_VNIC_PROFILE", `vNIC profile ${entity.name} was updated by ${caller.userName}.`));
      return { entity };
    },
  });
