import type { Snapshot } from "../../domain/inventory/snapshot.ts";
import type { Followed } from "../../domain/journal/journal.ts";
import { invalid } from "../../errors.ts";
import type { Context } from "../context.ts";
import type { Position } from "./cursor.ts";

/**
 * What a subscription field is made of. A feed knows nothing of its subscribers: those of one operation share it, and
 * what it answers is executed and serialized once for all of them.
 */
export type Feed = JournalFeed | StatisticsFeed | LatestFeed;

/** What is executed and serialized. */
export interface FeedMessage {
  /** Value of the subscription's root field. */
  value: object;
  /** What the rest of the message reads; the newest inventory when absent. */
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
  /** In order. `before` is the inventory that the entry changed, where it is still known. */
  messages(followed: Followed, before: Snapshot | null): JournalMessage[] | Promise<JournalMessage[]>;
}
/** One thing as it is, without what was true for a moment only. */
export interface LatestFeed {
  readonly kind: "latest";
  /** `final`: nothing follows it. */
  current(): Promise<FeedMessage & { final?: boolean }>;
  /** Calls `changed` whenever it may be another, until the returned function is called. */
  watch(changed: () => void): () => void;
}
export interface StatisticsFeed {
  readonly kind: "statistics";
  readonly intervalMs: number;
  /** Grows with every sample. */
  tick(): number;
  /** All rows when `since` is null, else those that changed after that tick; null when there are none. */
  frame(since: number | null): Promise<object | null>;
}

/** Where a new reader begins: at `after`, or now. Throws INVALID for a place that does not exist yet. */
export async function startOf({ engine }: Context, after: Position | null | undefined): Promise<Position> {
  if (!after) return { entry: engine.journal.snapshot().cursor, index: 0 };
  // Another engine may have given the cursor out a moment ago.
  if (after.entry > engine.journal.snapshot().cursor) await engine.journal.catchUp();
  if (after.entry > engine.journal.snapshot().cursor) throw invalid("after", "This cursor is from another database.", "CURSOR");
  return after;
}
