import type { Followed, Journal } from "../../domain/journal/journal.ts";
import type { Position } from "../subscriptions/cursor.ts";
import type { Feed, JournalFeed } from "../subscriptions/feed.ts";
import { createChapters, type Chapter, type Shelf } from "./chapters.ts";
import { concerns, type Circle } from "./audience.ts";
import type { Cohort, Member, Rendering } from "./cohorts.ts";

interface Reader {
  subscriber: Member;
  /** What it has been sent. */
  position: Position;
  leave: AbortController;
}

interface CohortParts extends Rendering {
  /** Told when nobody is left. */
  ended: () => void;
  shelf: Shelf;
}

/**
 * All that follow the journal with the same question. Those who are up to date are served together; one that begins
 * earlier, or is slow, reads on its own from where it is until it has caught up. Nothing is kept for it meanwhile: the
 * journal is.
 */
export function createJournalCohort(journal: Journal, feed: JournalFeed, { audience, render, ended, shelf }: CohortParts): Cohort {
  const live = new Set<Reader>();
  const readers = new Set<Reader>();
  const stop = new AbortController();
  const chapters = createChapters(feed, { audience, render }, shelf);
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
  /** Lets those go whose rights are others from this entry on, or by now, before they are told of it. */
  const part = (followed: Followed, among: Iterable<Reader>): void => {
    for (const reader of among) {
      if (!isParting(audience, reader, followed)) continue;
      end(reader);
      reader.subscriber.parted(reader.position);
    }
  };
  const catchUp = (reader: Reader): void => {
    live.delete(reader);
    read(reader).catch((error: unknown) => fail(reader, error));
  };
  const read = async (reader: Reader): Promise<void> => {
    if (reader.position.entry >= served && reader.position.index === 0) return void live.add(reader);
    for await (const followed of journal.follow(reader.position.entry, reader.leave.signal)) {
      const send = async () => {
        const chapter = await chapters.of(followed);
        part(followed, [reader]);
        return reader.leave.signal.aborted ? "gone" : advance(reader, chapter);
      };
      for (let how = await send(); how !== "read"; how = await send()) {
        if (how === "gone") return;
        await reader.subscriber.drained();
      }
      if (reader.position.entry >= served) return void live.add(reader);
    }
  };
  const serve = async (): Promise<void> => {
    for await (const followed of journal.follow(served, stop.signal)) {
      const chapter = await chapters.of(followed);
      part(followed, [...live]);
      served = chapter.upTo;
      for (const reader of live) if (advance(reader, chapter) === "blocked") catchUp(reader);
    }
  };

  serve().catch((error: unknown) => {
    for (const reader of readers) fail(reader, error);
  });
  return {
    join(subscriber, own: Feed) {
      const { start } = own as JournalFeed;
      const reader = { subscriber, position: start, leave: new AbortController() };
      readers.add(reader);
      catchUp(reader);
      return () => end(reader);
    },
  };
}

/** Whether a reader sees no longer what the others here see. */
const isParting = (circle: Circle, { subscriber: { userId } }: Reader, followed: Followed): boolean =>
  !circle.isOf(userId) || ("entry" in followed && concerns(followed.entry, userId) && !circle.isConcernedBy(followed.entry));

/** Sends what the reader has not been sent of an entry, as far as it can take it. */
function advance(reader: Reader, { messages, upTo }: Chapter): "read" | "blocked" {
  for (const { position, payload } of messages) {
    if (!isAfter(position, reader.position)) continue;
    if (reader.subscriber.blocked()) return "blocked";
    reader.subscriber.send(payload);
    reader.position = position;
  }
  const done = { entry: upTo, index: 0 };
  if (isAfter(done, reader.position)) reader.position = done;
  return "read";
}

const isAfter = (a: Position, b: Position): boolean => a.entry > b.entry || (a.entry === b.entry && a.index > b.index);
