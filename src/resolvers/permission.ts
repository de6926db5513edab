import { Ctx, FieldResolver, Query, Resolver, Root } from "type-graphql";
import { Permission } from "../domain/access/permission.ts";
import { roleOf, ROLES } from "../domain/access/roles.ts";
import { isListedKind, type Kind } from "../domain/kinds.ts";
import type { Context } from "./context.ts";
import { Entity, entityOf } from "./entity.ts";
import { Role, toRole } from "./role.ts";

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
