import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import { addNic, AddNicInput } from "../domain/network/addNic.ts";
import { Network, Nic, VnicProfile } from "../domain/network/network.ts";
import { removeNic } from "../domain/network/removeNic.ts";
import { updateNic, UpdateNicInput } from "../domain/network/updateNic.ts";
import { Mac, ReportedDevice } from "../domain/values.ts";
import { Vm } from "../domain/vm/vm.ts";
import type { Context } from "./context.ts";
import { act, payloadType, RequestArgs, Risk } from "./payload.ts";

const AddNicPayload = payloadType("AddNicPayload", "nic", Nic);
const UpdateNicPayload = payloadType("UpdateNicPayload", "nic", Nic);
const RemoveNicPayload = payloadType("RemoveNicPayload", "nic", Nic);

@Resolver(() => Nic)
export class NicResolver {
  @Query(() => Nic, { nullable: true })
  nic(@Arg("id", () => ID) id: string, @Ctx() { snapshot }: Context) {
    return snapshot.get("Nic", id);
  }

  @FieldResolver(() => Mac, { description: "Unique." })
  mac(@Root() { macAddress }: Nic): Mac {
    return { address: macAddress };
  }

  @FieldResolver(() => Vm)
  vm(@Root() { vmId }: Nic, @Ctx() { snapshot }: Context) {
    return snapshot.get("Vm", vmId);
  }

  @FieldResolver(() => VnicProfile, { nullable: true, description: "How it connects; null = to nothing." })
  vnicProfile(@Root() { vnicProfileId }: Nic, @Ctx() { snapshot }: Context) {
    return snapshot.get("VnicProfile", vnicProfileId);
  }

  @FieldResolver(() => Network, { nullable: true, description: "That of its profile." })
  network(@Root() { vnicProfileId }: Nic, @Ctx() { snapshot }: Context) {
    return snapshot.get("Network", snapshot.get("VnicProfile", vnicProfileId)?.networkId ?? null);
  }

  @FieldResolver(() => [ReportedDevice], { description: "What the guest agent reports of it; empty while the VM does not run." })
  reportedDevices(@Root() { vmId, macAddress }: Nic, @Ctx() { snapshot }: Context) {
    return (snapshot.get("Vm", vmId)?.reportedDevices ?? []).filter(({ mac }) => mac.address.toLowerCase() === macAddress);
  }

  @Risk("REVERSIBLE")
  @Mutation(() => AddNicPayload)
  addNic(@Arg("input") input: AddNicInput, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "nic", addNic, { input, ...request });
  }

  @Risk("DISRUPTIVE")
  @Mutation(() => UpdateNicPayload)
  updateNic(@Arg("id", () => ID) id: string, @Arg("input") input: UpdateNicInput, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "nic", updateNic, { id, input, ...request });
  }

  @Risk("DESTRUCTIVE")
  @Mutation(() => RemoveNicPayload)
  removeNic(@Arg("id", () => ID) id: string, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "nic", removeNic, { id, ...request });
  }
}
