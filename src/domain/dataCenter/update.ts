import { Field, InputType, Int } from "type-graphql";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { checkName, expectVersion, patchOf, refuseTaken } from "../input.ts";

@InputType()
export class UpdateDataCenterInput {
  @Field(() => Int, { nullable: true }) version?: number;
  @Field({ nullable: true }) name?: string;
  @Field({ nullable: true }) description?: string;
  @Field({ nullable: true }) comment?: string;
}

/** Throws NOT_FOUND, INVALID, CONFLICT (version, name taken). */
export const updateDataCenter = (
  engine: Engine,
  caller: Caller,
  { id, input, ...request }: Request & { id: string; input: UpdateDataCenterInput },
): Promise<Outcome<"DataCenter">> =>
  command(engine, caller, request, {
    verb: "updateDataCenter",
    kind: "DataCenter",
    input: { id, input },
    decide: (tx) => {
      permit(caller, "EDIT_STORAGE_POOL_CONFIGURATION");
      const dataCenter = tx.need("DataCenter", id);
      expectVersion(dataCenter, input.version);
      const patch = patchOf(input, ["name", "description", "comment"]);
      if (patch.name !== undefined) {
        patch.name = checkName(patch.name);
        refuseTaken(tx.snapshot.by("DataCenter", "name", patch.name), "input.name", id);
      }
      const entity = tx.update("DataCenter", dataCenter, patch);
      tx.event(
        auditEvent("USER_UPDATE_STORAGE_POOL", `Data center ${entity.name} was updated by ${caller.userName}.`, { dataCenterId: id }),
      );
      return { entity };
    },
  });
