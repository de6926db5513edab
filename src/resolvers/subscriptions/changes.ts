import { ArgsType, Field, ID, ObjectType } from "type-graphql";
import { graphqlEnum } from "../../domain/noun/columns.ts";
import type { Change } from "../../domain/journal/entry.ts";
import type { Followed } from "../../domain/journal/journal.ts";
import { EntityKind, isListedKind, isToldKind, type RowOf, type ToldKind } from "../../domain/kinds.ts";
import { invalid } from "../../errors.ts";
import { showsRow } from "../../domain/access/view.ts";
import { changesSeen, type SeenChange, type Sight } from "../../domain/access/changesSeen.ts";
import type { Context } from "../context.ts";
import { Cursor, type Position } from "./cursor.ts";
import { Entity, entityOf } from "../entity.ts";
import { compileSearch, searchKindOf, type Search } from "../../domain/inventory/search/search.ts";
import { startOf, type Audience, type JournalFeed, type JournalMessage } from "./feed.ts";

export const ChangeOperation = graphqlEnum("ChangeOperation", "What happened to an entity.", {
  CREATED: "It is new.",
  UPDATED: "It has other values.",
  DELETED: "It is gone.",
});

@ObjectType({ description: "A part of the journal that no longer exists: after `from`, up to `to`. Read anew what was missed." })
export class Gap {
  @Field(() => Cursor, { description: "What was seen last." }) from: Position;
  @Field(() => Cursor, { description: "Where the history begins that there still is." }) to: Position;
}

@ObjectType("Change", { description: "One entity in one commit. All but `cursor` and `gap` are null for a gap." })
export class ChangeMessage {
  @Field(() => Cursor, { description: "Give it as `after` to go on behind this change." }) cursor: Position;
  @Field(() => Date, { nullable: true, description: "Time of the commit." }) at: Date | null;
  @Field(() => ChangeOperation, { nullable: true, description: "What happened to it." }) operation: Change["operation"] | null;
  @Field(() => EntityKind, { nullable: true, description: "What it is." }) kind: ToldKind | null;
  @Field(() => ID, { nullable: true, description: "Of the entity." }) id: string | null;
  @Field(() => Entity, {
    nullable: true,
    description: "As it was after the commit; before it when it was deleted; null when the right to see it is gone.",
  })
  entity: object | null;
  @Field(() => Gap, { nullable: true, description: "What can no longer be told; null otherwise." }) gap: Gap | null;
}

@ArgsType()
export class ChangesArgs {
  @Field(() => [EntityKind], { nullable: true, description: "All kinds when absent." }) kinds?: ToldKind[] | null;
  @Field(() => [ID], { nullable: true, description: "Of entities; all when absent." }) ids?: string[] | null;
  @Field(() => String, { nullable: true, description: "`Vms: status = up`. Tells of what matches, and of what did before the change." })
  search?: string | null;
  @Field(() => Cursor, { nullable: true, description: "From now when absent." }) after?: Position | null;
}

interface Filter {
  kinds: ReadonlySet<ToldKind> | null;
  ids: ReadonlySet<string> | null;
  search: Search | null;
}

/** Throws INVALID. */
export async function changesFeed(context: Context, args: ChangesArgs): Promise<JournalFeed> {
  const filter = filterOf(args);
  return {
    kind: "journal",
    start: await startOf(context, args.after),
    messages: (followed, audience) => messages(filter, followed, audience),
  };
}

function filterOf({ kinds, ids, search }: ChangesArgs): Filter {
  const chosen = { kinds: kinds ? new Set(kinds) : null, ids: ids ? new Set(ids) : null };
  if (!search) return { ...chosen, search: null };
  const kind = searchKindOf(search) ?? (kinds?.length === 1 ? kinds[0]! : null);
  if (kind === null || kind === "Event" || !isListedKind(kind) || (kinds && !kinds.includes(kind)))
    throw invalid("search", "Say of what kind, as in `Vms: status = up`, one of `kinds`.", "SEARCH");
  return { ...chosen, kinds: new Set([kind]), search: compileSearch(kind, search) };
}

const gapMessage = ({ from, to }: { from: number; to: number }): JournalMessage => {
  const position = { entry: to, index: 0 };
  const nothing = { at: null, operation: null, kind: null, id: null, entity: null };
  return { position, value: { ...nothing, cursor: position, gap: { from: { entry: from, index: 0 }, to: position } } };
};

async function messages(filter: Filter, followed: Followed, audience: Audience): Promise<JournalMessage[]> {
  if ("gap" in followed) return [gapMessage(followed.gap)];
  const { entry, snapshot, before } = followed;
  const rightsChanged = audience.isConcernedBy(entry);
  // What they saw before is no longer known, so nobody can say what they do not see any more.
  if (rightsChanged && !before) return [gapMessage({ from: entry.cursor - 1, to: entry.cursor })];
  const earlier = before && (rightsChanged ? audience.sawAt(before) : audience.seenAt(before));
  const sight = { before: earlier, after: audience.seenAt(snapshot), rightsChanged };
  const changes = await changesSeen(entry, sight);
  const told = [...changes.entries()].filter((numbered): numbered is [number, Told] => passes(filter, numbered[1], sight));
  return told.map(([index, change], number) => {
    const last = number === told.length - 1;
    const position = last ? { entry: entry.cursor, index: 0 } : { entry: entry.cursor - 1, index: index + 1 };
    const { operation, kind, id, row } = change;
    const gone = operation === "DELETED";
    const moment = gone && before ? before : snapshot;
    // Of what left the view with a right, nothing but that is told.
    const isShown = kind === "Step" || showsRow(audience.seenAt(moment), kind, row as RowOf<typeof kind>);
    const value = {
      cursor: position,
      at: entry.at,
      operation,
      kind,
      id,
      entity: isShown ? entityOf(kind, row as RowOf<typeof kind>) : null,
      gap: null,
    };
    return { position, value, snapshot: moment, past: gone || snapshot.cursor !== entry.cursor };
  });
}

type Told = SeenChange & { kind: ToldKind };
function passes({ kinds, ids, search }: Filter, { kind, id, operation, row }: SeenChange, { before, after }: Sight): boolean {
  if (!isToldKind(kind) || (kinds && !kinds.has(kind)) || (ids && !ids.has(id))) return false;
  if (!search || search.matches(row, operation === "DELETED" && before ? before : after)) return true;
  if (operation !== "UPDATED") return false;
  // Of an old entry it is no longer known how the row was: telling too much is harmless, too little is not.
  const earlier = before && isListedKind(kind) ? before.get(kind, id) : undefined;
  return before === null || (earlier !== undefined && search.matches(earlier, before));
}
