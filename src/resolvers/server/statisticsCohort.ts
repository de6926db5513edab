import type { StatisticsFeed } from "../subscriptions/feed.ts";
import type { Cohort, Render, Subscriber } from "./cohorts.ts";

interface Reader {
  subscriber: Subscriber;
  /** Has not seen every frame: gets all rows next. */
  behind: boolean;
}

/**
 * All that read the same statistics. One timer; a frame is made when something changed, and once for all. A slow reader is
 * left out, and gets everything as it is by then when it can take it: nothing is kept for it.
 */
export function createStatisticsCohort(feed: StatisticsFeed, { render, ended }: { render: Render; ended: () => void }): Cohort {
  const readers = new Set<Reader>();
  let seen = feed.tick();
  let timer: NodeJS.Timeout | undefined;
  /** Rounds follow each other, so that frames keep their order. */
  let round: Promise<void> = Promise.resolve();
  let welcoming = false;

  const deliver = async (frame: object | null, to: readonly Reader[]): Promise<void> => {
    if (!frame || to.length === 0) return;
    const payload = await render({ value: frame });
    for (const reader of to) if (readers.has(reader)) reader.subscriber.send(payload);
  };
  const sendComplete = async (): Promise<void> => {
    const late = [...readers].filter((reader) => reader.behind && !reader.subscriber.blocked());
    if (late.length === 0) return;
    for (const reader of late) reader.behind = false;
    await deliver(await feed.frame(null), late);
  };
  const sendChanged = async (): Promise<void> => {
    const tick = feed.tick();
    if (tick === seen) return;
    for (const reader of readers) reader.behind ||= reader.subscriber.blocked();
    const current = [...readers].filter((reader) => !reader.behind);
    const since = seen;
    seen = tick;
    await deliver(current.length > 0 ? await feed.frame(since) : null, current);
  };
  const then = (work: () => Promise<void>): void => {
    round = round.then(work).catch((error: unknown) => {
      for (const { subscriber } of readers) subscriber.fail(error);
    });
  };
  const welcome = (): void => {
    if (welcoming) return;
    welcoming = true;
    // Those who come together share their first frame.
    setImmediate(() => {
      welcoming = false;
      then(sendComplete);
    });
  };
  return {
    join(subscriber) {
      const reader = { subscriber, behind: true };
      readers.add(reader);
      timer ??= setInterval(() => {
        then(sendChanged);
        then(sendComplete);
      }, feed.intervalMs);
      welcome();
      return () => {
        if (!readers.delete(reader) || readers.size > 0) return;
        clearInterval(timer);
        timer = undefined;
        ended();
      };
    },
  };
}
