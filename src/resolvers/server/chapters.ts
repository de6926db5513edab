import type { Snapshot } from "../../domain/inventory/snapshot.ts";
import type { Followed } from "../../domain/journal/journal.ts";
import type { Position } from "../cursor.ts";
import type { JournalFeed, JournalMessage } from "../subscriptionsFeed.ts";
import type { Render } from "./cohorts.ts";

/** The messages of so many entries are kept for readers that are a little behind, while they are not larger than this. */
const KEPT_ENTRIES = 32;
const KEPT_BYTES = 4 * 1024 * 1024;

interface Message {
  position: Position;
  /** Nothing follows it. */
  final: boolean;
  payload: Buffer;
}
/** All messages of one journal entry. */
export interface Chapter {
  /** Entries up to this one are done after it. */
  upTo: number;
  messages: readonly Message[];
}

/** Makes the messages of an entry, once for all readers that are near each other. */
export function createChapters(feed: JournalFeed, render: Render): { of(followed: Followed): Promise<Chapter> } {
  const kept = createKept();
  /** The inventory after an entry, for the next one. */
  let previous: Snapshot | null = null;

  const make = async (followed: Followed, before: Snapshot | null): Promise<Chapter> => {
    const upTo = "gap" in followed ? followed.gap.to : followed.entry.cursor;
    const finish = async (message: JournalMessage): Promise<Message> => {
      const { position, final = false } = message;
      return { position, final, payload: await render(message) };
    };
    const messages = await feed.messages(followed, before);
    return { upTo, messages: await Promise.all(messages.map(finish)) };
  };
  const of = (followed: Followed): Promise<Chapter> => {
    if ("gap" in followed) return make(followed, null);
    const { entry, snapshot } = followed;
    const known = kept.get(entry.cursor);
    if (known) return known;
    const before = previous?.cursor === entry.cursor - 1 ? previous : null;
    if (snapshot.cursor === entry.cursor) previous = snapshot;
    return kept.add(entry.cursor, make(followed, before));
  };
  return { of };
}

function createKept() {
  const kept = new Map<number, { chapter: Promise<Chapter>; bytes: number }>();
  let bytes = 0;
  const shed = (): void => {
    for (const [cursor, oldest] of kept) {
      if (kept.size <= KEPT_ENTRIES && bytes <= KEPT_BYTES) return;
      kept.delete(cursor);
      bytes -= oldest.bytes;
    }
  };
  return {
    get: (cursor: number) => kept.get(cursor)?.chapter,
    async add(cursor: number, chapter: Promise<Chapter>): Promise<Chapter> {
      const entry = { chapter, bytes: 0 };
      kept.set(cursor, entry);
      shed();
      const { messages } = await chapter;
      if (kept.get(cursor) !== entry) return chapter;
      entry.bytes = messages.reduce((sum, { payload }) => sum + payload.length, 0);
      bytes += entry.bytes;
      shed();
      return chapter;
    },
  };
}
