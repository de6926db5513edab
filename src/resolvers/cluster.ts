import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import { addCluster, AddClusterInput } from "../domain/cluster/add.ts";
import { Cluster } from "../domain/cluster/cluster.ts";
import { removeCluster } from "../domain/cluster/remove.ts";
import { updateCluster, UpdateClusterInput } from "../domain/cluster/update.ts";
import { DataCenter } from "../domain/dataCenter/dataCenter.ts";
import { Network } from "../domain/network/network.ts";
import { connectionType, PageArgs, pageOf, pageOfRows } from "./connection.ts";
import type { Context } from "./context.ts";
import { HostConnection } from "./host.ts";
import { act, payloadType, RequestArgs, Risk } from "./payload.ts";
import { VmConnection } from "./vm.ts";

const ClusterConnection = connectionType("Cluster", Cluster);
const AddClusterPayload = payloadType("AddClusterPayload", "cluster", Cluster);
const UpdateClusterPayload = payloadType("UpdateClusterPayload", "cluster", Cluster);
const RemoveClusterPayload = payloadType("RemoveClusterPayload", "cluster", Cluster);

@Resolver(() => Cluster)
export class ClusterResolver {
  @Query(() => ClusterConnection)
  clusters(@Args() page: PageArgs, @Ctx() context: Context) {
    return pageOf(context, "Cluster", page);
  }

  @Query(() => Cluster, { nullable: true })
  cluster(@Arg("id", () => ID) id: string, @Ctx() { snapshot }: Context) {
    return snapshot.get("Cluster", id);
  }

  @FieldResolver(() => DataCenter)
  dataCenter(@Root() { dataCenterId }: Cluster, @Ctx() { snapshot }: Context) {
    return snapshot.get("DataCenter", dataCenterId);
  }

  @FieldResolver(() => HostConnection)
  hosts(@Root() { id }: Cluster, @Args() page: PageArgs, @Ctx() context: Context) {
    return pageOfRows(context, "Host", context.snapshot.by("Host", "clusterId", id), page);
  }

  @FieldResolver(() => VmConnection)
  vms(@Root() { id }: Cluster, @Args() page: PageArgs, @Ctx() context: Context) {
    return pageOfRows(context, "Vm", context.snapshot.by("Vm", "clusterId", id), page);
  }

  @FieldResolver(() => [Network], { description: "Those of its data center." })
  networks(@Root() { dataCenterId }: Cluster, @Ctx() { snapshot }: Context) {
    return snapshot.by("Network", "dataCenterId", dataCenterId);
  }

  @Risk("REVERSIBLE")
  @Mutation(() => AddClusterPayload)
  addCluster(@Arg("input") input: AddClusterInput, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "cluster", addCluster, { input, ...request });
  }

  @Risk("REVERSIBLE")
  @Mutation(() => UpdateClusterPayload)
  updateCluster(
    @Arg("id", () => ID) id: string,
    @Arg("input") input: UpdateClusterInput,
    @Args() request: RequestArgs,
    @Ctx() context: Context,
  ) {
    return act(context, "cluster", updateCluster, { id, input, ...request });
  }

  @Risk("DESTRUCTIVE")
  @Mutation(() => RemoveClusterPayload)
  removeCluster(@Arg("id", () => ID) id: string, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "cluster", removeCluster, { id, ...request });
  }
}
