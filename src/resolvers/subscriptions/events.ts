import { ArgsType, Field, ObjectType } from "type-graphql";
import { Event } from "../../domain/event/event.ts";
import { showsEvent } from "../../domain/access/view.ts";
import type { Followed } from "../../domain/journal/journal.ts";
import type { Context } from "../context.ts";
import { Cursor, type Position } from "./cursor.ts";
import { compileSearch, type Search } from "../../domain/inventory/search/search.ts";
import { Gap } from "./changes.ts";
import { startOf, type Audience, type JournalFeed, type JournalMessage } from "./feed.ts";

@ObjectType({ description: "An event; null for a gap." })
export class EventMessage {
  @Field(() => Cursor, { description: "Give it as `after` to go on behind this event." }) cursor: Position;
  @Field(() => Event, { nullable: true, description: "What happened; null for a gap." }) event: Event | null;
  @Field(() => Gap, { nullable: true, description: "What can no longer be told; null otherwise." }) gap: Gap | null;
}

@ArgsType()
export class EventsArgs {
  @Field(() => String, { nullable: true, description: "`severity = error and vm = web1`" }) search?: string | null;
  @Field(() => Cursor, { nullable: true, description: "From now when absent." }) after?: Position | null;
}

/** Throws INVALID. */
export async function eventsFeed(context: Context, { search, after }: EventsArgs): Promise<JournalFeed> {
  const compiled = search ? compileSearch("Event", search) : null;
  return {
    kind: "journal",
    start: await startOf(context, after),
    messages: (followed, audience) => messages(compiled, followed, audience),
  };
}

function messages(search: Search | null, followed: Followed, { seenAt }: Audience): JournalMessage[] {
  if ("gap" in followed) {
    const [from, position] = [followed.gap.from, followed.gap.to].map((entry) => ({ entry, index: 0 })) as [Position, Position];
    return [{ position, value: { cursor: position, event: null, gap: { from, to: position } } }];
  }
  const { entry, snapshot } = followed;
  const seen = seenAt(snapshot);
  const told = [...entry.events.entries()].filter(([, event]) => showsEvent(seen, event) && (!search || search.matches(event, seen)));
  return told.map(([index, event], number) => {
    const last = number === told.length - 1;
    const position = last ? { entry: entry.cursor, index: 0 } : { entry: entry.cursor - 1, index: index + 1 };
    return { position, value: { cursor: position, event, gap: null }, snapshot, past: snapshot.cursor !== entry.cursor };
  });
}
