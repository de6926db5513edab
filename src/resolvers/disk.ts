import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import { addDisk, AddDiskInput } from "../domain/disk/add.ts";
import { Disk } from "../domain/disk/disk.ts";
import { removeDisk } from "../domain/disk/remove.ts";
import { updateDisk, UpdateDiskInput } from "../domain/disk/update.ts";
import { StorageDomain } from "../domain/storage/storageDomain.ts";
import { Vm } from "../domain/vm/vm.ts";
import { connectionType, PageArgs, pageOf } from "./connection.ts";
import type { Context } from "./context.ts";
import { act, payloadType, RequestArgs, Risk } from "./payload.ts";

export const DiskConnection = connectionType("Disk", Disk);
const AddDiskPayload = payloadType("AddDiskPayload", "disk", Disk);
const UpdateDiskPayload = payloadType("UpdateDiskPayload", "disk", Disk);
const RemoveDiskPayload = payloadType("RemoveDiskPayload", "disk", Disk);

@Resolver(() => Disk)
export class DiskResolver {
  @Query(() => DiskConnection)
  disks(@Args() page: PageArgs, @Ctx() context: Context) {
    return pageOf(context, "Disk", page);
  }

  @Query(() => Disk, { nullable: true })
  disk(@Arg("id", () => ID) id: string, @Ctx() { snapshot }: Context) {
    return snapshot.get("Disk", id);
  }

  @FieldResolver(() => String, { description: "oVirt's other word for its name." })
  alias(@Root() { name }: Disk) {
    return name;
  }

  @FieldResolver(() => StorageDomain)
  storageDomain(@Root() { storageDomainId }: Disk, @Ctx() { snapshot }: Context) {
    return snapshot.get("StorageDomain", storageDomainId);
  }

  @FieldResolver(() => [Vm], { description: "VMs it is attached to." })
  vms(@Root() { id }: Disk, @Ctx() { snapshot }: Context) {
    return snapshot.by("DiskAttachment", "diskId", id).map(({ vmId }) => snapshot.need("Vm", vmId));
  }

  @Risk("REVERSIBLE")
  @Mutation(() => AddDiskPayload, { description: "An empty disk." })
  addDisk(@Arg("input") input: AddDiskInput, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "disk", addDisk, { input, ...request });
  }

  @Risk("REVERSIBLE")
  @Mutation(() => UpdateDiskPayload)
  updateDisk(@Arg("id", () => ID) id: string, @Arg("input") input: UpdateDiskInput, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "disk", updateDisk, { id, input, ...request });
  }

  @Risk("DESTRUCTIVE")
  @Mutation(() => RemoveDiskPayload, { description: "Deletes what is on it." })
  removeDisk(@Arg("id", () => ID) id: string, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "disk", removeDisk, { id, ...request });
  }
}
