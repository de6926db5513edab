import { Field, ID, InputType } from "type-graphql";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { withoutNulls } from "../input.ts";
import { checkFreeProfileName } from "./names.ts";

@InputType()
export class AddVnicProfileInput {
  @Field() name: string;
  @Field(() => ID) networkId: string;
  @Field({ nullable: true }) description?: string;
  @Field({ nullable: true }) comment?: string;
}

/** Throws NOT_FOUND (network), INVALID, CONFLICT (name taken in the network). */
export const addVnicProfile = (
  engine: Engine,
  caller: Caller,
  { input, ...request }: Request & { input: AddVnicProfileInput },
): Promise<Outcome<"VnicProfile">> =>
  command(engine, caller, request, {
    verb: "addVnicProfile",
    kind: "VnicProfile",
    input,
    decide: (tx) => {
      permit(caller, "CREATE_NETWORK_VNIC_PROFILE");
      const { networkId, description = "", comment = "" } = withoutNulls(input);
      const network = tx.need("Network", networkId);
      const name = checkFreeProfileName(tx.snapshot, networkId, input.name);
      const entity = tx.insert("VnicProfile", { name, networkId, description, comment });
      tx.event(
        auditEvent("ADD_VNIC_PROFILE", `vNIC profile ${name} was added to ${network.name} by ${caller.userName}.`, {
          dataCenterId: network.dataCenterId,
        }),
      );
      return { entity };
    },
  });
