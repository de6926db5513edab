import { Args, Ctx, FieldResolver, Query, Resolver, Root } from "type-graphql";
import { User } from "../domain/access/user.ts";
import { Cluster } from "../domain/cluster/cluster.ts";
import { DataCenter } from "../domain/dataCenter/dataCenter.ts";
import { Event } from "../domain/event/event.ts";
import { Host } from "../domain/host/host.ts";
import { StorageDomain } from "../domain/storage/storageDomain.ts";
import { Template } from "../domain/template/template.ts";
import { Vm } from "../domain/vm/vm.ts";
import type { Context } from "./context.ts";
import { EventConnection, EventHistoryArgs, eventPage } from "./connection/history.ts";

/** Objects are null when the event is not about one, or when it is gone. */
@Resolver(() => Event)
export class EventResolver {
  @Query(() => EventConnection, { nullable: true, description: "Newest first." })
  events(@Args() page: EventHistoryArgs, @Ctx() context: Context) {
    return eventPage(context, page);
  }

  @FieldResolver(() => User, { nullable: true, description: "Who did it; null = the engine itself, or somebody who is gone." })
  user(@Root() { userId }: Event, @Ctx() { snapshot }: Context) {
    return snapshot.get("User", userId);
  }

  @FieldResolver(() => Vm, { nullable: true, description: "The VM it is about." })
  vm(@Root() { vmId }: Event, @Ctx() { snapshot }: Context) {
    return snapshot.get("Vm", vmId);
  }

  @FieldResolver(() => Host, { nullable: true, description: "The host it is about." })
  host(@Root() { hostId }: Event, @Ctx() { snapshot }: Context) {
    return snapshot.get("Host", hostId);
  }

  @FieldResolver(() => Cluster, { nullable: true, description: "The cluster it is about." })
  cluster(@Root() { clusterId }: Event, @Ctx() { snapshot }: Context) {
    return snapshot.get("Cluster", clusterId);
  }

  @FieldResolver(() => DataCenter, { nullable: true, description: "The data center it is about." })
  dataCenter(@Root() { dataCenterId }: Event, @Ctx() { snapshot }: Context) {
    return snapshot.get("DataCenter", dataCenterId);
  }

  @FieldResolver(() => StorageDomain, { nullable: true, description: "The storage domain it is about." })
  storageDomain(@Root() { storageDomainId }: Event, @Ctx() { snapshot }: Context) {
    return snapshot.get("StorageDomain", storageDomainId);
  }

  @FieldResolver(() => Template, { nullable: true, description: "The template it is about." })
  template(@Root() { templateId }: Event, @Ctx() { snapshot }: Context) {
    return snapshot.get("Template", templateId);
  }
}
