import { Arg, Args, Ctx, Field, FieldResolver, ID, ObjectType, Query, Resolver, Root } from "type-graphql";
import { Cluster } from "../domain/cluster/cluster.ts";
import { DiskAttachment } from "../domain/disk/disk.ts";
import { Host } from "../domain/host/host.ts";
import { Nic } from "../domain/network/network.ts";
import { StorageDomain } from "../domain/storage/storageDomain.ts";
import { Template } from "../domain/template/template.ts";
import { vmCan, VmCan } from "../domain/vm/can.ts";
import { Vm } from "../domain/vm/vm.ts";
import { connectionType, PageArgs, pageOf } from "./connection.ts";
import { requireViewer, type Context } from "./context.ts";
import { VmUsage, vmUsage } from "./statistics.ts";

@ObjectType({ description: "Software in a guest." })
class Application {
  @Field({ description: "With its version." }) name: string;
}

export const VmConnection = connectionType("Vm", Vm);

@Resolver(() => Vm)
export class VmResolver {
  @Query(() => VmConnection)
  vms(@Args() page: PageArgs, @Ctx() context: Context) {
    return pageOf(context, "Vm", page);
  }

  @Query(() => Vm, { nullable: true })
  vm(@Arg("id", () => ID) id: string, @Ctx() { snapshot }: Context) {
    return snapshot.get("Vm", id);
  }

  @FieldResolver(() => Cluster)
  cluster(@Root() { clusterId }: Vm, @Ctx() { snapshot }: Context) {
    return snapshot.get("Cluster", clusterId);
  }

  @FieldResolver(() => Template)
  template(@Root() { templateId }: Vm, @Ctx() { snapshot }: Context) {
    return snapshot.get("Template", templateId);
  }

  @FieldResolver(() => Host, { nullable: true, description: "Where it runs; null while it does not." })
  host(@Root() { hostId }: Vm, @Ctx() { snapshot }: Context) {
    return snapshot.get("Host", hostId);
  }

  @FieldResolver(() => Host, { nullable: true, description: "Where it is being moved; null while it is not." })
  migratingTo(@Root() { migratingToId }: Vm, @Ctx() { snapshot }: Context) {
    return snapshot.get("Host", migratingToId);
  }

  @FieldResolver(() => StorageDomain, { nullable: true, description: "Where the memory of a suspended VM is." })
  memoryDomain(@Root() { memoryDomainId }: Vm, @Ctx() { snapshot }: Context) {
    return snapshot.get("StorageDomain", memoryDomainId);
  }

  @FieldResolver(() => [Nic])
  nics(@Root() { id }: Vm, @Ctx() { snapshot }: Context) {
    return snapshot.by("Nic", "vmId", id);
  }

  @FieldResolver(() => [DiskAttachment])
  diskAttachments(@Root() { id }: Vm, @Ctx() { snapshot }: Context) {
    return snapshot.by("DiskAttachment", "vmId", id);
  }

  @FieldResolver(() => [Application], { description: "As the guest agent reports it; empty while the VM does not run." })
  applications(@Root() { applicationNames }: Vm) {
    return applicationNames.map((name) => ({ name }));
  }

  @FieldResolver(() => VmUsage, { nullable: true, description: "Latest sample; null while there is none." })
  usage(@Root() { id }: Vm, @Ctx() { engine }: Context) {
    return vmUsage(engine, id);
  }

  @FieldResolver(() => VmCan)
  can(@Root() vm: Vm, @Ctx() context: Context) {
    return vmCan(vm, requireViewer(context));
  }
}
