import { setTimeout as delay } from "node:timers/promises";
import type { Say } from "../install.ts";
import type { Child } from "./child.ts";

/** Starts the program, tells of the process at once, and resolves when the program is ready. */
export type Launch = (onStart: (child: Child) => void) => Promise<unknown>;
export interface Keeping {
  say: Say;
  /** False once everything is being taken down: what ends then is to end. */
  wanted: () => boolean;
  /** It ended again and again, each time at once; `why` tells how. */
  gaveUp: (why: string) => void;
}

/** A life of this length makes up for all deaths before it, ms. */
const LONG_LIFE_MS = 60_000;
/** Quick deaths in a row after which it is not started any more. */
const MOST_DEATHS = 5;
/** The first time at once, then after 1, 2 and 4 s. */
const pauseMs = (deaths: number) => (deaths === 1 ? 0 : 1_000 * 2 ** (deaths - 2));

export interface Kept {
  /** Resolves when it is ready for the first time; rejects when it ended before. */
  started: Promise<void>;
  stop(): Promise<void>;
}

/** As a service manager would: starts a program again, on the same terms, whenever it ends after it was ready once, and says so. */
export function keepRunning(launch: Launch, { say, wanted, gaveUp }: Keeping): Kept {
  let child: Child | undefined;
  let established = false;
  let deaths = 0;
  const begin = () => {
    const startedAt = Date.now();
    return launch((started) => {
      child = started;
      void started.ended.then((how) => {
        if (established && wanted()) void died(started.name, how, Date.now() - startedAt);
      });
    });
  };
  const died = async (name: string, how: string, livedMs: number) => {
    deaths = livedMs < LONG_LIFE_MS ? deaths + 1 : 1;
    say(`The ${name} has ended: ${how.trimEnd()}`);
    if (deaths >= MOST_DEATHS) return gaveUp(`The ${name} has ended ${deaths} times in a row, each time at once: it is not started again.`);
    await delay(pauseMs(deaths));
    if (!wanted()) return;
    say(`Starting the ${name} again ...`);
    await begin().then(
      () => say(`The ${name} runs again.`),
      () => undefined, // it ended before it was ready, and that is told above
    );
  };
  const started = begin().then(() => void (established = true));
  return { started, stop: async () => child?.stop() };
}
