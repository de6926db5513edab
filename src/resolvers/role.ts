import { Field, ID, ObjectType } from "type-graphql";
import { PERMITS, type Permit } from "../domain/access/permits.ts";
import type { ROLES } from "../domain/access/roles.ts";
import { Node } from "../domain/noun/node.ts";

@ObjectType("Permit", { description: "One thing that can be allowed: oVirt's action group." })
class PermitType {
  @Field({ description: "oVirt's name." }) name: string;
  @Field({ description: "Whether only roles for administrators carry it." }) administrative: boolean;
}
@ObjectType({ description: "Permits under a name. oVirt's predefined ones: they cannot be changed.", implements: Node })
export class Role implements Node {
  @Field(() => ID, { description: "oVirt's." }) id: string;
  @Field({ description: "Unique." }) name: string;
  @Field({ description: "For administrators." }) administrative: boolean;
  @Field({ description: "Whether who has it on an object sees what is a part of it too." }) allowsViewingChildren: boolean;
  @Field(() => [PermitType], { description: "What it allows." }) permits: PermitType[];
}
const permitOf = (name: Permit): PermitType => ({ name, administrative: PERMITS[name].administrative });
export const toRole = (role: (typeof ROLES)[number]): Role => Object.assign(new Role(), { ...role, permits: role.permits.map(permitOf) });
