const PAUSE_MS = 150;

/** Hands on what comes in, many at once when much comes: a page has no use for hundreds of changes per second one by one. */
export function gather<T>(deliver: (items: T[]) => void) {
  let waiting: T[] = [];
  let pause: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    pause = undefined;
    const items = waiting;
    waiting = [];
    deliver(items);
  };
  return {
    add(item: T): void {
      waiting.push(item);
      pause ??= setTimeout(flush, PAUSE_MS);
    },
    /** Forgets what was not handed on yet. */
    drop(): void {
      clearTimeout(pause);
      pause = undefined;
      waiting = [];
    },
  };
}
