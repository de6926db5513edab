import { Field, InputType, Int } from "type-graphql";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { checkRange, expectVersion, patchOf } from "../input.ts";
import { checkFreeNetworkName } from "./names.ts";

@InputType()
export class UpdateNetworkInput {
  @Field(() => Int, { nullable: true }) version?: number;
  @Field({ nullable: true }) name?: string;
  @Field({ nullable: true }) description?: string;
  @Field({ nullable: true }) comment?: string;
  @Field(() => Int, { nullable: true }) mtu?: number;
  @Field({ nullable: true }) required?: boolean;
}

/** The bridge keeps its name. Throws NOT_FOUND, INVALID, CONFLICT (version, name taken). */
export const updateNetwork = (
  engine: Engine,
  caller: Caller,
  { id, input, ...request }: Request & { id: string; input: UpdateNetworkInput },
): Promise<Outcome<"Network">> =>
  command(engine, caller, request, {
    verb: "updateNetwork",
    kind: "Network",
    input: { id, input },
    decide: (tx) => {
      permit(caller, "CONFIGURE_STORAGE_POOL_NETWORK");
      const network = tx.need("Network", id);
      expectVersion(network, input.version);
      const patch = patchOf(input, ["name", "description", "comment", "mtu", "required"]);
      if (patch.mtu !== undefined) checkRange(patch.mtu, "input.mtu", 68, 65_535);
      if (patch.name !== undefined) patch.name = checkFreeNetworkName(tx.snapshot, network.dataCenterId, patch.name, id);
      const entity = tx.update("Network", network, patch);
      tx.event(
        auditEvent("NETWORK_UPDATE_NETWORK", `Logical network ${entity.name} was updated by ${caller.userName}.`, {
          dataCenterId: entity.dataCenterId,
        }),
      );
      return { entity };
    },
  });
