import { Field, ID, InputType, Int } from "type-graphql";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { checkRange, withoutNulls } from "../input.ts";
import { checkFreeBridge, checkFreeNetworkName } from "./names.ts";

@InputType()
export class AddNetworkInput {
  @Field() name: string;
  @Field(() => ID) dataCenterId: string;
  @Field({ nullable: true }) description?: string;
  @Field({ nullable: true }) comment?: string;
  @Field({ nullable: true, description: "Name of the bridge on the hosts; the network's name when absent." }) vdsmName?: string;
  @Field(() => Int, { nullable: true, description: "Bytes; 1500 when absent." }) mtu?: number;
  @Field({ nullable: true, description: "Whether hosts must have it; false when absent." }) required?: boolean;
}

/** With a vNIC profile of its own name. Throws NOT_FOUND (data center), INVALID, CONFLICT (name or bridge taken). */
export const addNetwork = (
  engine: Engine,
  caller: Caller,
  { input, ...request }: Request & { input: AddNetworkInput },
): Promise<Outcome<"Network">> =>
  command(engine, caller, request, {
    verb: "addNetwork",
    kind: "Network",
    input,
    decide: (tx) => {
      permit(caller, "CREATE_STORAGE_POOL_NETWORK");
      const { dataCenterId, description = "", comment = "", mtu = 1500, required = false, ...given } = withoutNulls(input);
      // Two at the same time must not take one bridge.
      tx.claim("DataCenter", tx.need("DataCenter", dataCenterId));
      const name = checkFreeNetworkName(tx.snapshot, dataCenterId, given.name);
      const { vdsmName = name } = given;
      checkRange(mtu, "input.mtu", 68, 65_535);
      checkFreeBridge(tx.snapshot, dataCenterId, vdsmName);
      const entity = tx.insert("Network", { name, dataCenterId, description, comment, mtu, required, vdsmName });
      tx.insert("VnicProfile", { name, description: "", comment: "", networkId: entity.id });
      tx.event(auditEvent("NETWORK_ADD_NETWORK", `Logical network ${name} was added by ${caller.userName}.`, { dataCenterId }));
      return { entity };
    },
  });
