import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import { addDiskAttachment, AddDiskAttachmentInput } from "../domain/disk/addAttachment.ts";
import { Disk, DiskAttachment } from "../domain/disk/disk.ts";
import { removeDiskAttachment } from "../domain/disk/removeAttachment.ts";
import { updateDiskAttachment, UpdateDiskAttachmentInput } from "../domain/disk/updateAttachment.ts";
import { Vm } from "../domain/vm/vm.ts";
import type { Context } from "./context.ts";
import { act, payloadType, RequestArgs, Risk } from "./payload.ts";

const AddDiskAttachmentPayload = payloadType("AddDiskAttachmentPayload", "diskAttachment", DiskAttachment);
const UpdateDiskAttachmentPayload = payloadType("UpdateDiskAttachmentPayload", "diskAttachment", DiskAttachment);
const RemoveDiskAttachmentPayload = payloadType("RemoveDiskAttachmentPayload", "diskAttachment", DiskAttachment);

@Resolver(() => DiskAttachment)
export class DiskAttachmentResolver {
  @Query(() => DiskAttachment, { nullable: true })
  diskAttachment(@Arg("id", () => ID) id: string, @Ctx() { snapshot }: Context) {
    return snapshot.get("DiskAttachment", id);
  }

  @FieldResolver(() => Disk)
  disk(@Root() { diskId }: DiskAttachment, @Ctx() { snapshot }: Context) {
    return snapshot.get("Disk", diskId);
  }

  @FieldResolver(() => Vm)
  vm(@Root() { vmId }: DiskAttachment, @Ctx() { snapshot }: Context) {
    return snapshot.get("Vm", vmId);
  }

  @Risk("REVERSIBLE")
  @Mutation(() => AddDiskAttachmentPayload)
  addDiskAttachment(@Arg("input") input: AddDiskAttachmentInput, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "diskAttachment", addDiskAttachment, { input, ...request });
  }

  @Risk("REVERSIBLE")
  @Mutation(() => UpdateDiskAttachmentPayload)
  updateDiskAttachment(
    @Arg("id", () => ID) id: string,
    @Arg("input") input: UpdateDiskAttachmentInput,
    @Args() request: RequestArgs,
    @Ctx() context: Context,
  ) {
    return act(context, "diskAttachment", updateDiskAttachment, { id, input, ...request });
  }

  @Risk("REVERSIBLE")
  @Mutation(() => RemoveDiskAttachmentPayload, { description: "The disk stays." })
  removeDiskAttachment(@Arg("id", () => ID) id: string, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "diskAttachment", removeDiskAttachment, { id, ...request });
  }
}
