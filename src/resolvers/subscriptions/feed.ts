import type { Snapshot } from "../../domain/inventory/snapshot.ts";
import type { Entry } from "../../domain/journal/entry.ts";
import type { Followed } from "../../domain/journal/journal.ts";
import { invalid } from "../../errors.ts";
import type { Context } from "../context.ts";
import type { Position } from "./cursor.ts";

/**
 * What a subscription field is made of. A feed knows nothing of its subscribers: those of one operation who see the same
 * share it, and what it answers is executed and serialized once for all of them.
 */
export type Feed = JournalFeed | StatisticsFeed | LatestFeed;

/** Those for whom a message is made: all of them see the same. */
export interface Audience {
  /** What they, with the rights that they have now, see of a moment. */
  seenAt(moment: Snapshot): Snapshot;
  /** What they saw then, with the rights that they had. */
  sawAt(moment: Snapshot): Snapshot;
  /** Another one whenever their rights are others. */
  rights(): string;
  /** Whether a commit changed their rights. */
  isConcernedBy(entry: Pick<Entry, "changes">): boolean;
}

/** What is executed and serialized. */
export interface FeedMessage {
  /** Value of the subscription's root field. */
  value: object;
  /** Of what moment the rest of the message reads what its readers see; of the newest when absent. */
  snapshot?: Snapshot;
  /** It tells of something past: what it refers to may be gone from the snapshot. */
  past?: boolean;
}
/** A message that follows from a journal entry. */
export interface JournalMessage extends FeedMessage {
  /** Where a reader is who has it: what it may resume from. */
  position: Position;
}
export interface JournalFeed {
  readonly kind: "journal";
  /** The reader has seen everything up to here. */
  readonly start: Position;
  /** In order. */
  messages(followed: Followed, audience: Audience): JournalMessage[] | Promise<JournalMessage[]>;
}
/** One thing as it is, without what was true for a moment only. */
export interface LatestFeed {
  readonly kind: "latest";
  /** For those who see so much. Null when they see it no longer; `final`: nothing follows it. */
  current(seen: Snapshot): Promise<(FeedMessage & { final?: boolean }) | null>;
  /** Calls `changed` whenever it, or who sees it, may be another, until the returned function is called. */
  watch(changed: () => void): () => void;
}
export interface StatisticsFeed {
  readonly kind: "statistics";
  readonly intervalMs: number;
  /** Grows with every sample. */
  tick(): number;
  /** Of what is seen, all rows when `since` is null, else those that changed after that tick; null when there are none. */
  frame(since: number | null, seen: Snapshot): Promise<object | null>;
}

/** Where a new reader begins: at `after`, or now. Throws INVALID for a place that does not exist yet. */
export async function startOf({ engine }: Context, after: Position | null | undefined): Promise<Position> {
  if (!after) return { entry: engine.journal.snapshot().cursor, index: 0 };
  // Another engine may have given the cursor out a moment ago.
  if (after.entry > engine.journal.snapshot().cursor) await engine.journal.catchUp();
  if (after.entry > engine.journal.snapshot().cursor) throw invalid("after", "This cursor is from another database.", "CURSOR");
  return after;
}
