import type { StatisticsFeed } from "../subscriptions/feed.ts";
import type { Journal } from "../../domain/journal/journal.ts";
import { letGo } from "./audience.ts";
import type { Cohort, Member, Rendering } from "./cohorts.ts";
import { soon } from "./pacing.ts";

interface Reader {
  subscriber: Member;
  /** What he may, as it was when he was last served. */
  rights: string;
  /** Has not seen every frame: gets all rows next. */
  behind: boolean;
}

/**
 * All that read the same statistics. One timer; a frame is made when something changed, and once for all. A slow reader is
 * left out, and gets everything as it is by then when it can take it: nothing is kept for it.
 */
export function createStatisticsCohort(
  journal: Journal,
  feed: StatisticsFeed,
  { audience, render, ended }: Rendering & { ended: () => void },
): Cohort {
  const readers = new Set<Reader>();
  let seen = feed.tick();
  let timer: NodeJS.Timeout | undefined;
  /** Rounds follow each other, so that frames keep their order. */
  let round: Promise<void> = Promise.resolve();

  const leave = (reader: Reader): void => {
    if (!readers.delete(reader) || readers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
    ended();
  };
  /** Whose rights have changed is not told anything by the old ones. */
  const noticeRights = (): void => {
    letGo(audience, readers, leave);
    const rights = audience.rights();
    for (const reader of readers) {
      reader.behind ||= reader.rights !== rights;
      reader.rights = rights;
    }
  };
  const deliver = async (frame: object | null, to: readonly Reader[]): Promise<void> => {
    if (!frame || to.length === 0) return;
    const payload = await render({ value: frame });
    noticeRights();
    for (const reader of to) if (readers.has(reader) && !reader.behind) reader.subscriber.send(payload);
  };
  const sendComplete = async (): Promise<void> => {
    noticeRights();
    const late = [...readers].filter((reader) => reader.behind && !reader.subscriber.blocked());
    if (late.length === 0) return;
    for (const reader of late) reader.behind = false;
    await deliver(await frameFor(late, null), late);
  };
  const sendChanged = async (): Promise<void> => {
    noticeRights();
    const tick = feed.tick();
    if (tick === seen) return;
    for (const reader of readers) reader.behind ||= reader.subscriber.blocked();
    const current = [...readers].filter((reader) => !reader.behind);
    const since = seen;
    seen = tick;
    await deliver(await frameFor(current, since), current);
  };
  const frameFor = async (to: readonly Reader[], since: number | null) =>
    to.length > 0 ? feed.frame(since, audience.seenAt(journal.snapshot())) : null;
  const then = (work: () => Promise<void>): void => {
    round = round.then(work).catch((error: unknown) => {
      for (const { subscriber } of readers) subscriber.fail(error);
    });
  };
  /** Those who come together share their first frame. */
  const welcome = soon(() => then(sendComplete));
  return {
    join(subscriber) {
      const reader = { subscriber, rights: audience.rights(), behind: true };
      readers.add(reader);
      timer ??= setInterval(() => {
        then(sendChanged);
        then(sendComplete);
      }, feed.intervalMs);
      welcome();
      return () => leave(reader);
    },
  };
}
