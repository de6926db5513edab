import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { Permission } from "../domain/access/permission.ts";
import { Role } from "../domain/access/role.ts";
import { isListedKind, type Kind } from "../domain/kinds.ts";
import type { Context } from "./context.ts";
import { Entity, entityOf } from "./entity.ts";

@Resolver(() => Permission)
export class PermissionFields {
  @FieldResolver(() => Role, { description: "What it allows." })
  role(@Root() { roleId }: Permission, @Ctx() { whole }: Context) {
    return whole.need("Role", roleId);
  }

  @FieldResolver(() => Entity, { nullable: true, description: "Where it holds; null = on the whole system." })
  object(@Root() { objectKind, objectId }: Permission, @Ctx() { snapshot }: Context) {
    const kind = objectKind as Kind | null;
    const row = kind && isListedKind(kind) ? snapshot.get(kind, objectId) : undefined;
    return row && kind && isListedKind(kind) ? entityOf(kind, row) : null;
  }
}
