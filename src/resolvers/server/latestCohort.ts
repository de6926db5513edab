import type { LatestFeed } from "../subscriptions/feed.ts";
import type { Journal } from "../../domain/journal/journal.ts";
import { letGo } from "./audience.ts";
import type { Cohort, Member, Rendering } from "./cohorts.ts";
import { onceMore } from "./pacing.ts";

interface Reader {
  subscriber: Member;
  /** Has not been sent what is true now. */
  behind: boolean;
}

/**
 * All that follow one thing as it is. What is true now is worked out when it may have changed, and once for all; a slow reader is
 * left out, and told what is true by then when it can take it.
 */
export function createLatestCohort(
  journal: Journal,
  feed: LatestFeed,
  { audience, render, ended }: Rendering & { ended: () => void },
): Cohort {
  const readers = new Set<Reader>();
  let last: Buffer = Buffer.alloc(0);
  let stop: (() => void) | undefined;

  const end = (reader: Reader): void => {
    if (!readers.delete(reader) || readers.size > 0) return;
    stop?.();
    stop = undefined;
    ended();
  };
  const complete = (reader: Reader): void => {
    reader.subscriber.complete();
    end(reader);
  };
  const tell = async (): Promise<void> => {
    const rights = audience.rights();
    const current = await feed.current(audience.seenAt(journal.snapshot()));
    const payload = current && (await render(current));
    letGo(audience, readers, end);
    // They changed while it was worked out.
    if (audience.rights() !== rights) return changed();
    if (payload === null) {
      for (const reader of readers) complete(reader);
      return;
    }
    const { final = false } = current!;
    const isNews = !payload.equals(last);
    last = payload;
    for (const reader of readers) {
      reader.behind ||= isNews;
      if (reader.subscriber.blocked()) waitFor(reader);
      else if (reader.behind) {
        reader.subscriber.send(payload);
        reader.behind = false;
      }
      if (final && !reader.behind) complete(reader);
    }
  };
  const waitFor = (reader: Reader): void => {
    reader.behind = true;
    void reader.subscriber.drained().then(() => readers.has(reader) && changed());
  };
  const fail = (error: unknown): void => {
    for (const reader of readers) {
      reader.subscriber.fail(error);
      end(reader);
    }
  };
  const changed = onceMore(async () => {
    if (readers.size > 0) await tell().catch(fail);
  });
  return {
    join(subscriber) {
      const reader = { subscriber, behind: true };
      readers.add(reader);
      stop ??= feed.watch(changed);
      changed();
      return () => end(reader);
    },
  };
}
