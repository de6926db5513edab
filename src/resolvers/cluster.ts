import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { Cluster } from "../domain/cluster/cluster.ts";
import { Network } from "../domain/network/network.ts";
import type { Context } from "./context.ts";

@Resolver(() => Cluster)
export class ClusterFields {
  @FieldResolver(() => [Network], { description: "Those of its data center." })
  networks(@Root() { dataCenterId }: Cluster, @Ctx() { snapshot }: Context) {
    return snapshot.by("Network", "dataCenterId", dataCenterId);
  }
}
