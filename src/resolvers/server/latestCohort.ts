import type { LatestFeed } from "../subscriptions/feed.ts";
import type { Cohort, Render, Subscriber } from "./cohorts.ts";

interface Reader {
  subscriber: Subscriber;
  /** Has not been sent what is true now. */
  behind: boolean;
}

/**
 * All that follow one thing as it is. What is true now is worked out when it may have changed, and once for all; a slow reader is
 * left out, and told what is true by then when it can take it.
 */
export function createLatestCohort(feed: LatestFeed, { render, ended }: { render: Render; ended: () => void }): Cohort {
  const readers = new Set<Reader>();
  let last: Buffer = Buffer.alloc(0);
  let stop: (() => void) | undefined;
  let asked = false;
  let working = false;

  const end = (reader: Reader): void => {
    if (!readers.delete(reader) || readers.size > 0) return;
    stop?.();
    stop = undefined;
    ended();
  };
  const tell = async (): Promise<void> => {
    const { final = false, ...message } = await feed.current();
    const payload = await render(message);
    const isNews = !payload.equals(last);
    last = payload;
    for (const reader of readers) {
      reader.behind ||= isNews;
      if (reader.subscriber.blocked()) waitFor(reader);
      else if (reader.behind) {
        reader.subscriber.send(payload);
        reader.behind = false;
      }
      if (!final || reader.behind) continue;
      reader.subscriber.complete();
      end(reader);
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
  /** What changes while it is worked out is worked out once more. */
  const changed = (): void => {
    asked = true;
    if (working) return;
    working = true;
    void work().finally(() => (working = false));
  };
  const work = async (): Promise<void> => {
    while (asked && readers.size > 0) {
      asked = false;
      await tell().catch(fail);
    }
  };
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
