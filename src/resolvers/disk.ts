import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { Disk } from "../domain/disk/disk.ts";
import { Vm } from "../domain/vm/vm.ts";
import type { Context } from "./context.ts";

@Resolver(() => Disk)
export class DiskFields {
  @FieldResolver(() => String, { description: "oVirt's other word for its name." })
  alias(@Root() { name }: Disk) {
    return name;
  }

  @FieldResolver(() => [Vm], { description: "VMs it is attached to." })
  vms(@Root() { id }: Disk, @Ctx() { snapshot }: Context) {
    return snapshot.by("DiskAttachment", "diskId", id).flatMap(({ vmId }) => snapshot.get("Vm", vmId) ?? []);
  }
}
