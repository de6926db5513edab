import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import { Cluster } from "../domain/cluster/cluster.ts";
import { addDataCenter, AddDataCenterInput } from "../domain/dataCenter/add.ts";
import { DataCenter } from "../domain/dataCenter/dataCenter.ts";
import { removeDataCenter } from "../domain/dataCenter/remove.ts";
import { updateDataCenter, UpdateDataCenterInput } from "../domain/dataCenter/update.ts";
import { Network } from "../domain/network/network.ts";
import { StorageDomain } from "../domain/storage/storageDomain.ts";
import { connectionType, PageArgs, pageOf } from "./connection.ts";
import type { Context } from "./context.ts";
import { act, payloadType, RequestArgs, Risk } from "./payload.ts";

const DataCenterConnection = connectionType("DataCenter", DataCenter);
const AddDataCenterPayload = payloadType("AddDataCenterPayload", "dataCenter", DataCenter);
const UpdateDataCenterPayload = payloadType("UpdateDataCenterPayload", "dataCenter", DataCenter);
const RemoveDataCenterPayload = payloadType("RemoveDataCenterPayload", "dataCenter", DataCenter);

@Resolver(() => DataCenter)
export class DataCenterResolver {
  @Query(() => DataCenterConnection)
  dataCenters(@Args() page: PageArgs, @Ctx() context: Context) {
    return pageOf(context, "DataCenter", page);
  }

  @Query(() => DataCenter, { nullable: true })
  dataCenter(@Arg("id", () => ID) id: string, @Ctx() { snapshot }: Context) {
    return snapshot.get("DataCenter", id);
  }

  @FieldResolver(() => [Cluster])
  clusters(@Root() { id }: DataCenter, @Ctx() { snapshot }: Context) {
    return snapshot.by("Cluster", "dataCenterId", id);
  }

  @FieldResolver(() => [Network])
  networks(@Root() { id }: DataCenter, @Ctx() { snapshot }: Context) {
    return snapshot.by("Network", "dataCenterId", id);
  }

  @FieldResolver(() => [StorageDomain])
  storageDomains(@Root() { id }: DataCenter, @Ctx() { snapshot }: Context) {
    return snapshot.by("StorageDomain", "dataCenterId", id);
  }

  @Risk("REVERSIBLE")
  @Mutation(() => AddDataCenterPayload)
  addDataCenter(@Arg("input") input: AddDataCenterInput, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "dataCenter", addDataCenter, { input, ...request });
  }

  @Risk("REVERSIBLE")
  @Mutation(() => UpdateDataCenterPayload)
  updateDataCenter(
    @Arg("id", () => ID) id: string,
    @Arg("input") input: UpdateDataCenterInput,
    @Args() request: RequestArgs,
    @Ctx() context: Context,
  ) {
    return act(context, "dataCenter", updateDataCenter, { id, input, ...request });
  }

  @Risk("DESTRUCTIVE")
  @Mutation(() => RemoveDataCenterPayload)
  removeDataCenter(@Arg("id", () => ID) id: string, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "dataCenter", removeDataCenter, { id, ...request });
  }
}
