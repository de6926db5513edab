import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import { addVnicProfile, AddVnicProfileInput } from "../domain/network/addVnicProfile.ts";
import { Network, VnicProfile } from "../domain/network/network.ts";
import { removeVnicProfile } from "../domain/network/removeVnicProfile.ts";
import { updateVnicProfile, UpdateVnicProfileInput } from "../domain/network/updateVnicProfile.ts";
import { connectionType, PageArgs, pageOf } from "./connection.ts";
import type { Context } from "./context.ts";
import { act, payloadType, RequestArgs, Risk } from "./payload.ts";

const VnicProfileConnection = connectionType("VnicProfile", VnicProfile);
const AddVnicProfilePayload = payloadType("AddVnicProfilePayload", "vnicProfile", VnicProfile);
const UpdateVnicProfilePayload = payloadType("UpdateVnicProfilePayload", "vnicProfile", VnicProfile);
const RemoveVnicProfilePayload = payloadType("RemoveVnicProfilePayload", "vnicProfile", VnicProfile);

@Resolver(() => VnicProfile)
export class VnicProfileResolver {
  @Query(() => VnicProfileConnection)
  vnicProfiles(@Args() page: PageArgs, @Ctx() context: Context) {
    return pageOf(context, "VnicProfile", page);
  }

  @Query(() => VnicProfile, { nullable: true })
  vnicProfile(@Arg("id", () => ID) id: string, @Ctx() { snapshot }: Context) {
    return snapshot.get("VnicProfile", id);
  }

  @FieldResolver(() => Network)
  network(@Root() { networkId }: VnicProfile, @Ctx() { snapshot }: Context) {
    return snapshot.get("Network", networkId);
  }

  @Risk("REVERSIBLE")
  @Mutation(() => AddVnicProfilePayload)
  addVnicProfile(@Arg("input") input: AddVnicProfileInput, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "vnicProfile", addVnicProfile, { input, ...request });
  }

  @Risk("REVERSIBLE")
  @Mutation(() => UpdateVnicProfilePayload)
  updateVnicProfile(
    @Arg("id", () => ID) id: string,
    @Arg("input") input: UpdateVnicProfileInput,
    @Args() request: RequestArgs,
    @Ctx() context: Context,
  ) {
    return act(context, "vnicProfile", updateVnicProfile, { id, input, ...request });
  }

  @Risk("DESTRUCTIVE")
  @Mutation(() => RemoveVnicProfilePayload)
  removeVnicProfile(@Arg("id", () => ID) id: string, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "vnicProfile", removeVnicProfile, { id, ...request });
  }
}
