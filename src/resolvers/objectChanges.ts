import { GraphQLJSON } from "graphql-scalars";
import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, ID, ObjectType, Query, Resolver, Root } from "type-graphql";
import { showsRow, wholeOf } from "../domain/access/view.ts";
import { User } from "../domain/access/user.ts";
import { entriesOf, lastChangeOf, objectHistory, type ObjectHistory } from "../domain/history/objectChanges.ts";
import { checkRange } from "../domain/input.ts";
import { Job } from "../domain/job/job.ts";
import { bytesIn } from "../domain/journal/bytes.ts";
import { reviveRow } from "../domain/journal/revive.ts";
import { isListedKind, KINDS, LISTED_KINDS, type Kind, type ListedKind, type RowOf } from "../domain/kinds.ts";
import { columnsOf, type Column } from "../domain/noun/columns.ts";
import { invalid } from "../errors.ts";
import { historyType, type HistoryPage } from "./connection/connection.ts";
import { HistoryArgs } from "./connection/history.ts";
import type { Context } from "./context.ts";
import { tooExpensive, LIMITS } from "./cost/limits.ts";
import { jobSeen } from "./jobSeen.ts";
import { told } from "./noun/payload.ts";
import { ChangeOperation } from "./subscriptions/changes.ts";

const DEFAULT_CHANGES = 20;
const MAX_CHANGES = 200;
/** A page ends behind the change with which its values are so many bytes. */
const PAGE_BYTES = 2 * 1024 * 1024;

@ObjectType({ description: "A field of an object in a change." })
class ChangedField {
  @Field({ description: "Its name, `clusterId` for what leads to another object." }) name: string;
  @Field(() => GraphQLJSON, {
    nullable: true,
    description: "Null also for a new object, where it is forgotten, and for an object that the caller does not see.",
  })
  before: unknown;
  @Field(() => GraphQLJSON, {
    nullable: true,
    description: "Null also for an object that was removed, and for one that the caller does not see.",
  })
  after: unknown;
}

@ObjectType({ description: "One change of an object: what was committed at once." })
class ObjectChange {
  @Field({ description: "Time of the commit." }) at: Date;
  @Field(() => ChangeOperation, { description: "What happened to it." }) operation: string;
  @Field({ description: "The same for all that one request led to." }) correlationId: string;
  @Field(() => [ChangedField], { description: "What got another value; of one that was made or removed what it had." })
  fields: ChangedField[];
  userId: string | null;
  jobId: string | null;
}
const ObjectChangeConnection = historyType(
  "ObjectChange",
  ObjectChange,
  "A page of what happened to an object, newest first. A page of large values may end early: go on while `hasNextPage` is true.",
);

@ArgsType()
class ObjectChangesArgs extends HistoryArgs {
  @Field(() => Date, { nullable: true, description: "None earlier; from the begin of what is known when absent." }) from?: Date | null;
  @Field(() => Date, { nullable: true, description: "None later; up to now when absent." }) to?: Date | null;
}

@Resolver(() => ObjectChange)
export class ObjectChangeResolver {
  @Query(() => ObjectChangeConnection, {
    nullable: true,
    description: `What happened to an object, which may be gone, newest first, ${DEFAULT_CHANGES} unless said and ${MAX_CHANGES} at most. Null when there is none of it to be seen.`,
  })
  async objectChanges(
    @Arg("id", () => ID, { description: "Of the object." }) id: string,
    @Args() { first, after, from = null, to = null }: ObjectChangesArgs,
    @Ctx() context: Context,
  ): Promise<HistoryPage<ObjectChange> | null> {
    const { engine, whole, budget } = context;
    const { reader } = engine.database;
    const limit = checkRange(first ?? DEFAULT_CHANGES, "first", 1, MAX_CHANGES);
    budget.scan(limit * 10);
    if (!budget.scannable) throw tooExpensive("more of the history to read", LIMITS.scan, "HISTORY");
    if (!(await isSeen(context, id))) return null;
    const [lowest, highest] = await entriesOf(reader, { from, to });
    const entries = [lowest, Math.min(highest, whole.cursor, after ? placeOf(after) - 1 : highest)] as const;
    const found = await objectHistory(reader, whole, { id, entries, take: limit + 1 });
    const nodes: ObjectChange[] = [];
    let bytes = 0;
    for (const change of found.slice(0, limit)) {
      if (bytes > PAGE_BYTES) break;
      const fields = fieldsOf(context, change);
      bytes += bytesIn(fields);
      nodes.push(Object.assign(new ObjectChange(), change, { fields }));
    }
    const edges = nodes.map((node, index) => ({ cursor: String(found[index]!.cursor), node }));
    const [start, end] = [edges[0]?.cursor ?? null, edges.at(-1)?.cursor ?? null];
    const pageInfo = { hasNextPage: found.length > nodes.length, hasPreviousPage: Boolean(after), startCursor: start, endCursor: end };
    return { nodes, edges, pageInfo };
  }

  @FieldResolver(() => User, { nullable: true, description: "Who did it; null = the engine itself, or somebody who is gone." })
  user(@Root() { userId }: ObjectChange, @Ctx() { snapshot }: Context) {
    return snapshot.get("User", userId);
  }

  @FieldResolver(() => Job, { nullable: true, description: "The job that did it; null when it was none, or is forgotten." })
  job(@Root() { jobId }: ObjectChange, @Ctx() context: Context) {
    return jobId === null ? null : jobSeen(context, jobId);
  }
}

/** Throws INVALID. */
function placeOf(after: string): number {
  if (!/^\d{1,15}$/.test(after)) throw invalid("after", "Not a cursor of this list.", "CURSOR");
  return Number(after);
}

/** One that is gone is seen by who would see it now if it were as it was last. */
async function isSeen({ snapshot, whole, engine }: Context, id: string): Promise<boolean> {
  for (const kind of LISTED_KINDS) if (whole.get(kind, id)) return snapshot.get(kind, id) !== undefined;
  const last = await lastChangeOf(engine.database.reader, id, whole.cursor);
  const kind = last?.kind as Kind | undefined;
  if (!last || !kind || !isListedKind(kind)) return false;
  return showsRow<ListedKind>(snapshot, kind, reviveRow(kind, last.row) as unknown as RowOf<ListedKind>);
}

function fieldsOf({ snapshot }: Context, { kind, operation, fields, before, after }: ObjectHistory): ChangedField[] {
  const columns = new Map(columnsOf(KINDS[kind as ListedKind]).map((column) => [column.name, column]));
  const names = operation === "UPDATED" ? fields : [...columns.keys()];
  return told(kind as ListedKind, names).flatMap((name) => {
    const column = columns.get(name);
    if (!column || column.hidden) return [];
    const value = (row: ObjectHistory["before"]) => shown(snapshot, column, row?.[name] ?? null);
    const [was, is] = [value(before), value(after)];
    return operation === "UPDATED" || was !== null || is !== null ? [{ name, before: was, after: is }] : [];
  });
}

/** A value without what it names of objects that are not seen. */
function shown(snapshot: Context["snapshot"], { kind, reference }: Column, value: unknown): unknown {
  if (!reference || value === null || wholeOf(snapshot) === snapshot) return value;
  const isShown = (id: string) => snapshot.get(reference.target().name as ListedKind, id) !== undefined;
  return kind === "references" ? (value as string[]).filter(isShown) : isShown(value as string) ? value : null;
}
