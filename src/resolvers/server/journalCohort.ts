import type { Snapshot } from "../../domain/inventory/snapshot.ts";
import type { Followed, Journal } from "../../domain/journal/journal.ts";
import type { Position } from "../cursor.ts";
import type { Feed, JournalFeed, JournalMessage } from "../subscriptionsFeed.ts";
import type { Cohort, Render, Subscriber } from "./cohorts.ts";

/** The messages of so many entries are kept for readers that are a little behind, while they are not larger than this. */
const KEPT_ENTRIES = 32;
const KEPT_BYTES = 4 * 1024 * 1024;

interface Message {
  position: Position;
  final: boolean;
  payload: Buffer;
}
/** All messages of one journal entry. */
interface Chapter {
  /** Entries up to this one are done after it. */
  upTo: number;
  messages: readonly Message[];
}
interface Reader {
  subscriber: Subscriber;
  /** What it has been sent. */
  position: Position;
  leave: AbortController;
}

/**
 * All that follow the journal with the same question. Those who are up to date are served together; one that begins
 * earlier, or is slow, reads on its own from where it is until it has caught up. Nothing is kept for it meanwhile: the
 * journal is.
 */
export function createJournalCohort(journal: Journal, feed: JournalFeed, { render, ended }: { render: Render; ended: () => void }): Cohort {
  const live = new Set<Reader>();
  const readers = new Set<Reader>();
  const stop = new AbortController();
  const chapters = createChapters(feed, render);
  /** Entries up to this one were served to the live readers. */
  let served = journal.snapshot().cursor;

  const end = (reader: Reader): void => {
    live.delete(reader);
    reader.leave.abort();
    if (!readers.delete(reader) || readers.size > 0) return;
    stop.abort();
    ended();
  };
  const fail = (reader: Reader, error: unknown): void => {
    if (readers.has(reader)) reader.subscriber.fail(error);
    end(reader);
  };
  /** Sends what it has not been sent; false when it cannot take more now. */
  const advance = (reader: Reader, { messages, upTo }: Chapter): boolean => {
    for (const { position, payload, final } of messages) {
      if (!isAfter(position, reader.position)) continue;
      if (reader.subscriber.blocked()) return false;
      reader.subscriber.send(payload);
      reader.position = position;
      if (!final) continue;
      reader.subscriber.complete();
      end(reader);
      return true;
    }
    if (isAfter({ entry: upTo, index: 0 }, reader.position)) reader.position = { entry: upTo, index: 0 };
    return true;
  };
  const serve = async (): Promise<void> => {
    for await (const followed of journal.follow(served, stop.signal)) {
      const chapter = await chapters.of(followed);
      served = chapter.upTo;
      for (const reader of live) if (!advance(reader, chapter)) catchUp(reader);
    }
  };
  const read = async (reader: Reader): Promise<void> => {
    if (reader.position.entry >= served && reader.position.index === 0) return void live.add(reader);
    for await (const followed of journal.follow(reader.position.entry, reader.leave.signal)) {
      const chapter = await chapters.of(followed);
      while (!advance(reader, chapter)) await reader.subscriber.drained();
      if (reader.leave.signal.aborted) return;
      if (reader.position.entry >= served) return void live.add(reader);
    }
  };
  function catchUp(reader: Reader): void {
    live.delete(reader);
    read(reader).catch((error: unknown) => fail(reader, error));
  }
  const open = async (reader: Reader, opening: JournalFeed["opening"]): Promise<void> => {
    if (!opening) return catchUp(reader);
    const first = await opening();
    const payload = await render(first);
    if (reader.leave.signal.aborted) return;
    reader.subscriber.send(payload);
    if (!first.final) return catchUp(reader);
    reader.subscriber.complete();
    end(reader);
  };

  serve().catch((error: unknown) => {
    for (const reader of readers) fail(reader, error);
  });
  return {
    join(subscriber, own: Feed) {
      const { start, opening } = own as JournalFeed;
      const reader = { subscriber, position: start, leave: new AbortController() };
      readers.add(reader);
      open(reader, opening).catch((error: unknown) => fail(reader, error));
      return () => end(reader);
    },
  };
}

const isAfter = (a: Position, b: Position): boolean => a.entry > b.entry || (a.entry === b.entry && a.index > b.index);

/** Makes the messages of an entry, once for all readers that are near each other. */
function createChapters(feed: JournalFeed, render: Render) {
  const kept = new Map<number, { chapter: Promise<Chapter>; bytes: number }>();
  let bytes = 0;
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
  const shed = (): void => {
    for (const [cursor, oldest] of kept) {
      if (kept.size <= KEPT_ENTRIES && bytes <= KEPT_BYTES) return;
      kept.delete(cursor);
      bytes -= oldest.bytes;
    }
  };
  const keep = async (cursor: number, chapter: Promise<Chapter>): Promise<Chapter> => {
    const entry = { chapter, bytes: 0 };
    kept.set(cursor, entry);
    shed();
    const { messages } = await chapter;
    if (kept.get(cursor) !== entry) return chapter;
    entry.bytes = messages.reduce((sum, { payload }) => sum + payload.length, 0);
    bytes += entry.bytes;
    shed();
    return chapter;
  };
  const of = (followed: Followed): Promise<Chapter> => {
    if ("gap" in followed) return make(followed, null);
    const { entry, snapshot } = followed;
    const known = kept.get(entry.cursor);
    if (known) return known.chapter;
    const before = previous?.cursor === entry.cursor - 1 ? previous : null;
    if (snapshot.cursor === entry.cursor) previous = snapshot;
    return keep(entry.cursor, make(followed, before));
  };
  return { of };
}
