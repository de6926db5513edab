import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";

const PAUSE_MS = 1_000;

/**
 * A handler of an event, message or timer that cannot end the process: what it throws, now or later, is logged, and then
 * `failed` is told. Every listener on a socket, server or timer is made by it.
 */
export function guarded<A extends unknown[]>(
  log: Logger,
  what: string,
  handle: (...args: A) => unknown,
  failed?: (...args: A) => void,
): (...args: A) => void {
  return (...args) => {
    const fail = (error: unknown) => {
      log.error({ err: error }, `${what} failed`);
      failed?.(...args);
    };
    try {
      const outcome = handle(...args);
      if (outcome instanceof Promise) outcome.catch(fail);
    } catch (error) {
      fail(error);
    }
  };
}

/** Work that nobody waits for and that is begun anew after a failure, until `signal` aborts. */
export async function keepUp(log: Logger, what: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error }, `${what} failed; it is tried again`);
      await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}
