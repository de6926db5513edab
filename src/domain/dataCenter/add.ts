import { Field, InputType } from "type-graphql";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { checkName, refuseTaken, withoutNulls } from "../input.ts";

@InputType()
export class AddDataCenterInput {
  @Field() name: string;
  @Field({ nullable: true }) description?: string;
  @Field({ nullable: true }) comment?: string;
}

/** A data center without storage yet. Throws INVALID, CONFLICT (name taken). */
export const addDataCenter = (
  engine: Engine,
  caller: Caller,
  { input, ...request }: Request & { input: AddDataCenterInput },
): Promise<Outcome<"DataCenter">> =>
  command(engine, caller, request, {
    verb: "addDataCenter",
    kind: "DataCenter",
    input,
    decide: (tx) => {
      permit(caller, "CREATE_STORAGE_POOL");
      const { description = "", comment = "" } = withoutNulls(input);
      const name = checkName(input.name);
      refuseTaken(tx.snapshot.by("DataCenter", "name", name), "input.name");
      const entity = tx.insert("DataCenter", { name, description, comment, status: "UNINITIALIZED" });
      tx.event(auditEvent("USER_ADD_STORAGE_POOL", `Data center ${name} was added by ${caller.userName}.`, { dataCenterId: entity.id }));
      return { entity };
    },
  });
