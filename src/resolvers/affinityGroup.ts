import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { isBroken } from "../domain/placement/affinity.ts";
import { AffinityGroup } from "../domain/sla/affinityGroup.ts";
import type { Context } from "./context.ts";

@Resolver(() => AffinityGroup)
export class AffinityGroupFields {
  @FieldResolver(() => Boolean, {
    description: "Whether its VMs run otherwise than it says, as they may when it was changed while they ran.",
  })
  broken(@Root() group: AffinityGroup, @Ctx() { whole }: Context): boolean {
    return isBroken(whole, group);
  }
}
