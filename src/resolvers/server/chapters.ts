import { LRUCache } from "lru-cache";
import type { Followed } from "../../domain/journal/journal.ts";
import { createLanes } from "../../lanes.ts";
import { inSlice } from "../../slice.ts";
import type { Position } from "../subscriptions/cursor.ts";
import type { JournalFeed, JournalMessage } from "../subscriptions/feed.ts";
import type { Rendering } from "./cohorts.ts";

/** What is kept for readers that are a little behind, of all cohorts together. */
const SHELF_BYTES = 32 * 1024 * 1024;
const CHAPTER_BYTES = 200;
/** Chapters that are made at a time: each is held in memory as a whole. */
const MAKERS = 4;

interface Message {
  position: Position;
  payload: Buffer;
}
/** All messages of one journal entry. */
export interface Chapter {
  /** Entries up to this one are done after it. */
  upTo: number;
  messages: readonly Message[];
}
/** Chapters of one cohort that are kept, and those that are being made. */
export interface Shelf {
  get(name: string): Promise<Chapter> | undefined;
  add(name: string, make: () => Promise<Chapter>): Promise<Chapter>;
  /** When few others are made. */
  make(make: () => Promise<Chapter>): Promise<Chapter>;
}

/** The chapters of all cohorts: what is read least goes first. */
export function createShelf(): { of(cohort: string): Shelf } {
  const kept = new LRUCache<string, Chapter>({
    maxSize: SHELF_BYTES,
    sizeCalculation: ({ messages }) => messages.reduce((sum, { payload }) => sum + CHAPTER_BYTES + payload.length, CHAPTER_BYTES),
  });
  const pending = new Map<string, Promise<Chapter>>();
  const make: Shelf["make"] = createLanes(MAKERS);
  return {
    of: (cohort) => ({
      make,
      get(name) {
        const key = `${cohort}/${name}`;
        const chapter = kept.get(key);
        return chapter ? Promise.resolve(chapter) : pending.get(key);
      },
      add(name, work) {
        const key = `${cohort}/${name}`;
        const chapter = make(work).finally(() => pending.delete(key));
        pending.set(key, chapter);
        return chapter.then((made) => {
          kept.set(key, made);
          return made;
        });
      },
    }),
  };
}

/** Makes the messages of an entry, once for all readers that are near each other. */
export function createChapters(
  feed: JournalFeed,
  { render, audience }: Rendering,
  shelf: Shelf,
): { of(followed: Followed): Promise<Chapter> } {
  const finish = async (message: JournalMessage): Promise<Message> => ({ position: message.position, payload: await render(message) });
  const make = async (followed: Followed): Promise<Chapter> => {
    const upTo = "gap" in followed ? followed.gap.to : followed.entry.cursor;
    const messages: Message[] = [];
    for (const message of await feed.messages(followed, audience)) {
      await inSlice();
      messages.push(await finish(message));
    }
    return { upTo, messages };
  };
  const find = (followed: Followed): Promise<Chapter> => {
    if ("gap" in followed) return shelf.make(() => make(followed));
    const key = `${followed.entry.cursor} ${audience.rights()}`;
    return shelf.get(key) ?? shelf.add(key, () => make(followed));
  };
  /** Rights may change while it is made. */
  const of = async (followed: Followed): Promise<Chapter> => {
    for (;;) {
      const rights = audience.rights();
      const chapter = await find(followed);
      if (audience.rights() === rights) return chapter;
    }
  };
  return { of };
}
