import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import { DataCenter } from "../domain/dataCenter/dataCenter.ts";
import { addNetwork, AddNetworkInput } from "../domain/network/addNetwork.ts";
import { Network, VnicProfile } from "../domain/network/network.ts";
import { removeNetwork } from "../domain/network/removeNetwork.ts";
import { updateNetwork, UpdateNetworkInput } from "../domain/network/updateNetwork.ts";
import { connectionType, PageArgs, pageOf } from "./connection.ts";
import type { Context } from "./context.ts";
import { act, payloadType, RequestArgs, Risk } from "./payload.ts";

const NetworkConnection = connectionType("Network", Network);
const AddNetworkPayload = payloadType("AddNetworkPayload", "network", Network);
const UpdateNetworkPayload = payloadType("UpdateNetworkPayload", "network", Network);
const RemoveNetworkPayload = payloadType("RemoveNetworkPayload", "network", Network);

@Resolver(() => Network)
export class NetworkResolver {
  @Query(() => NetworkConnection)
  networks(@Args() page: PageArgs, @Ctx() context: Context) {
    return pageOf(context, "Network", page);
  }

  @Query(() => Network, { nullable: true })
  network(@Arg("id", () => ID) id: string, @Ctx() { snapshot }: Context) {
    return snapshot.get("Network", id);
  }

  @FieldResolver(() => DataCenter)
  dataCenter(@Root() { dataCenterId }: Network, @Ctx() { snapshot }: Context) {
    return snapshot.get("DataCenter", dataCenterId);
  }

  @FieldResolver(() => [VnicProfile])
  vnicProfiles(@Root() { id }: Network, @Ctx() { snapshot }: Context) {
    return snapshot.by("VnicProfile", "networkId", id);
  }

  @Risk("REVERSIBLE")
  @Mutation(() => AddNetworkPayload, { description: "Makes a vNIC profile of the same name too." })
  addNetwork(@Arg("input") input: AddNetworkInput, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "network", addNetwork, { input, ...request });
  }

  @Risk("REVERSIBLE")
  @Mutation(() => UpdateNetworkPayload)
  updateNetwork(
    @Arg("id", () => ID) id: string,
    @Arg("input") input: UpdateNetworkInput,
    @Args() request: RequestArgs,
    @Ctx() context: Context,
  ) {
    return act(context, "network", updateNetwork, { id, input, ...request });
  }

  @Risk("DESTRUCTIVE")
  @Mutation(() => RemoveNetworkPayload, { description: "With its vNIC profiles." })
  removeNetwork(@Arg("id", () => ID) id: string, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "network", removeNetwork, { id, ...request });
  }
}
