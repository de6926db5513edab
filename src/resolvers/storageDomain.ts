import { GraphQLSafeInt } from "graphql-scalars";
import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { StorageDomain } from "../domain/storage/storageDomain.ts";
import type { Context } from "./context.ts";

@Resolver(() => StorageDomain)
export class StorageDomainFields {
  @FieldResolver(() => GraphQLSafeInt, { description: "Bytes its disks would take if they were full." })
  committed(@Root() { id }: StorageDomain, @Ctx() { whole }: Context) {
    // Disks that are hidden take space too.
    return whole.by("Disk", "storageDomainId", id).reduce((sum, { provisionedSize }) => sum + provisionedSize, 0);
  }
}
