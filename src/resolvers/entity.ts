import { Arg, createUnionType, Ctx, ID, Query, Resolver } from "type-graphql";
import { KINDS, LISTED_KINDS, TOLD_KINDS, type RowOf, type ToldKind } from "../domain/kinds.ts";
import type { Context } from "./context.ts";
import { jobSeen } from "./jobSeen.ts";

export const Entity = createUnionType({
  name: "Entity",
  description: "Anything whose changes are told.",
  types: () => TOLD_KINDS.map((kind) => KINDS[kind]),
});

/** A row as a member of the union `Entity`: rows are plain objects and do not say of what kind they are. */
export const entityOf = <K extends ToldKind>(kind: K, row: RowOf<K>): object =>
  Object.assign(Object.create(KINDS[kind].prototype) as object, row);

@Resolver()
export class EntityResolver {
  @Query(() => Entity, { nullable: true, description: "Anything by its id; null when there is nothing of that id." })
  async node(@Arg("id", () => ID) id: string, @Ctx() context: Context) {
    for (const kind of LISTED_KINDS) {
      const row = context.snapshot.get(kind, id);
      if (row) return entityOf(kind, row);
    }
    const job = await jobSeen(context, id);
    return job && entityOf("Job", job);
  }
}
