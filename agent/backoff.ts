import { setTimeout as sleep } from "node:timers/promises";

/**
 * Exponential back-off with full jitter: ms to wait before attempt number `attempt` (from 0), anywhere between nothing and
 * `first` doubled that often, at most `most`.
 */
export const jittered = (attempt: number, first: number, most: number, random: () => number = Math.random) =>
  random() * Math.min(most, first * 2 ** Math.min(attempt, 30));

/** Resolves after `ms`, or at once when `signal` is aborted; never rejects. */
export const pause = (ms: number, signal?: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined);
