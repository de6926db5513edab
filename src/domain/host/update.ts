import { Field, InputType, Int } from "type-graphql";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { checkName, expectVersion, patchOf } from "../input.ts";

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
      if (input.name) checkName(input.name);
      const entity = tx.update("Host", host, patchOf(input, ["name", "description", "comment", "address"]));
      tx.event(auditEvent("USER_UPDATE_VDS", `Host ${entity.name} was updated by ${caller.userName}.`, { hostId: id }));
      return { entity };
    },
  });
