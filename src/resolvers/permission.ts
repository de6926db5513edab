import { Ctx, Field, FieldResolver, ID, ObjectType, Query, Resolver, Root } from "type-graphql";
import { Permission } from "../domain/access/permission.ts";
import { PERMITS, type Permit } from "../domain/access/permits.ts";
import { roleOf, ROLES } from "../domain/access/roles.ts";
import { isListedKind, type Kind } from "../domain/kinds.ts";
import type { Context } from "./context.ts";
import { Entity, entityOf } from "./entity.ts";

@ObjectType("Permit", { description: "One thing that can be allowed: oVirt's action group." })
class PermitType {
  @Field({ description: "oVirt's name." }) name: string;
  @Field({ description: "Whether only roles for administrators carry it." }) administrative: boolean;
}
@ObjectType({ description: "Permits under a name. oVirt's predefined ones: they cannot be changed." })
class Role {
  @Field(() => ID, { description: "oVirt's." }) id: string;
  @Field({ description: "Unique." }) name: string;
  @Field({ description: "For administrators." }) administrative: boolean;
  @Field({ description: "Whether who has it on an object sees what is a part of it too." }) allowsViewingChildren: boolean;
  @Field(() => [PermitType], { description: "What it allows." }) permits: PermitType[];
}
const permitOf = (name: Permit): PermitType => ({ name, administrative: PERMITS[name].administrative });
const toRole = (role: (typeof ROLES)[number]): Role => ({ ...role, permits: role.permits.map(permitOf) });

@Resolver(() => Permission)
export class PermissionFields {
  @Query(() => [Role], { nullable: true, description: "oVirt's predefined roles." })
  roles(): Role[] {
    return ROLES.map(toRole);
  }

  @FieldResolver(() => Role, { description: "What it allows." })
  role(@Root() { roleId }: Permission): Role {
    return toRole(roleOf(roleId));
  }

  @FieldResolver(() => Entity, { nullable: true, description: "Where it holds; null = on the whole system." })
  object(@Root() { objectKind, objectId }: Permission, @Ctx() { snapshot }: Context) {
    const kind = objectKind as Kind | null;
    const row = kind && isListedKind(kind) ? snapshot.get(kind, objectId) : undefined;
    return row && kind && isListedKind(kind) ? entityOf(kind, row) : null;
  }
}
