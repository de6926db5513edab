import { Arg, createUnionType, Ctx, ID, Query, Resolver } from "type-graphql";
import { KINDS, LISTED_KINDS, TOLD_KINDS, type RowOf, type ToldKind } from "../domain/kinds.ts";
import { Node } from "../domain/noun/node.ts";
import { AsOf } from "./asOf.ts";
import type { Context } from "./context.ts";
import { eventSeen } from "./eventSeen.ts";
import { jobSeen, stepSeen } from "./jobSeen.ts";

export const Entity = createUnionType({
  name: "Entity",
  description: "Anything whose changes are told.",
  types: () => TOLD_KINDS.map((kind) => KINDS[kind]),
});

/** A row as a member of `Entity` and a `Node`: rows are plain objects and do not say of what kind they are. */
export const entityOf = <K extends ToldKind>(kind: K, row: RowOf<K>): object =>
  Object.assign(Object.create(KINDS[kind].prototype) as object, row);

@Resolver()
export class EntityResolver {
  @Query(() => Node, { nullable: true, description: "Anything by its id; null when there is nothing of that id." })
  async node(@Arg("id", () => ID, { description: "Of the object." }) id: string, @Ctx() context: Context, @AsOf() _asOf?: Date | null) {
    for (const kind of LISTED_KINDS) {
      const row = context.snapshot.get(kind, id);
      if (row) return entityOf(kind, row);
    }
    return (await jobSeen(context, id)) ?? (await stepSeen(context, id)) ?? (await eventSeen(context, id));
  }
}
