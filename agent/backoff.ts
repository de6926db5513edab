import { setTimeout as sleep } from "node:timers/promises";

/**
 * Exponential back-off with full jitter: ms to wait before attempt number `attempt` (from 0), anywhere between nothing and
 * `first` doubled that often, at most `most`.
 */
export const jittered = (attempt: number, first: number, most: number, random: () => number = Math.random) =>
  random() * Math.min(most, first * 2 ** Math.min(attempt, 30));

/** Resolves after `ms`, or at once when `signal` is aborted; never rejects. */
export const pause = (ms: number, signal?: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined);

/** The outcome of `work`, or `otherwise` when there is none within `ms`; what then still comes is ignored. */
export async function within<T>(ms: number, work: Promise<T>, otherwise: T): Promise<T> {
  const done = new AbortController();
  try {
    return await Promise.race([work, pause(ms, done.signal).then(() => otherwise)]);
  } finally {
    done.abort();
  }
}
