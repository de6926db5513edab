import { GraphQLSafeInt } from "graphql-scalars";
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import { DataCenter } from "../domain/dataCenter/dataCenter.ts";
import { addStorageDomain, AddStorageDomainInput } from "../domain/storage/add.ts";
import { removeStorageDomain } from "../domain/storage/remove.ts";
import { StorageDomain } from "../domain/storage/storageDomain.ts";
import { updateStorageDomain, UpdateStorageDomainInput } from "../domain/storage/update.ts";
import { connectionType, PageArgs, pageOf, pageOfRows } from "./connection.ts";
import type { Context } from "./context.ts";
import { DiskConnection } from "./disk.ts";
import { act, payloadType, RequestArgs, Risk } from "./payload.ts";

const StorageDomainConnection = connectionType("StorageDomain", StorageDomain);
const AddStorageDomainPayload = payloadType("AddStorageDomainPayload", "storageDomain", StorageDomain);
const UpdateStorageDomainPayload = payloadType("UpdateStorageDomainPayload", "storageDomain", StorageDomain);
const RemoveStorageDomainPayload = payloadType("RemoveStorageDomainPayload", "storageDomain", StorageDomain);

@Resolver(() => StorageDomain)
export class StorageDomainResolver {
  @Query(() => StorageDomainConnection)
  storageDomains(@Args() page: PageArgs, @Ctx() context: Context) {
    return pageOf(context, "StorageDomain", page);
  }

  @Query(() => StorageDomain, { nullable: true })
  storageDomain(@Arg("id", () => ID) id: string, @Ctx() { snapshot }: Context) {
    return snapshot.get("StorageDomain", id);
  }

  @FieldResolver(() => DataCenter)
  dataCenter(@Root() { dataCenterId }: StorageDomain, @Ctx() { snapshot }: Context) {
    return snapshot.get("DataCenter", dataCenterId);
  }

  @FieldResolver(() => DiskConnection)
  disks(@Root() { id }: StorageDomain, @Args() page: PageArgs, @Ctx() context: Context) {
    return pageOfRows(context, "Disk", context.snapshot.by("Disk", "storageDomainId", id), page);
  }

  @FieldResolver(() => GraphQLSafeInt, { description: "Bytes its disks would take if they were full." })
  committed(@Root() { id }: StorageDomain, @Ctx() { snapshot }: Context) {
    return snapshot.by("Disk", "storageDomainId", id).reduce((sum, { provisionedSize }) => sum + provisionedSize, 0);
  }

  @Risk("REVERSIBLE")
  @Mutation(() => AddStorageDomainPayload)
  addStorageDomain(@Arg("input") input: AddStorageDomainInput, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "storageDomain", addStorageDomain, { input, ...request });
  }

  @Risk("REVERSIBLE")
  @Mutation(() => UpdateStorageDomainPayload)
  updateStorageDomain(
    @Arg("id", () => ID) id: string,
    @Arg("input") input: UpdateStorageDomainInput,
    @Args() request: RequestArgs,
    @Ctx() context: Context,
  ) {
    return act(context, "storageDomain", updateStorageDomain, { id, input, ...request });
  }

  @Risk("DESTRUCTIVE")
  @Mutation(() => RemoveStorageDomainPayload)
  removeStorageDomain(@Arg("id", () => ID) id: string, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "storageDomain", removeStorageDomain, { id, ...request });
  }
}
