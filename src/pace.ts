/** So much at once, and then so much a second. */
export interface Pace {
  /** Takes `count` and answers for how many ms its taker must rest before the next; 0 while there was enough. */
  take(count: number): number;
  /** Takes `count` only if there is enough. */
  tryTake(count: number): boolean;
}

export function createPace(burst: number, perSecond: number): Pace {
  let left = burst;
  // Of a clock that nobody sets.
  let filledAt = performance.now();
  const fill = () => {
    const now = performance.now();
    left = Math.min(burst, left + ((now - filledAt) / 1_000) * perSecond);
    filledAt = now;
  };
  return {
    take(count) {
      fill();
      left -= count;
      return Math.max(0, (-left / perSecond) * 1_000);
    },
    tryTake(count) {
      fill();
      if (left < count) return false;
      left -= count;
      return true;
    },
  };
}

/** One pace for each key, made when it is first asked for; of more than `most` keys the oldest start anew. */
export function createPaces(burst: number, perSecond: number, most: number): (key: string) => Pace {
  const paces = new Map<string, Pace>();
  return (key) => {
    const known = paces.get(key);
    if (known) return known;
    for (const oldest of paces.keys()) {
      if (paces.size < most) break;
      paces.delete(oldest);
    }
    const pace = createPace(burst, perSecond);
    paces.set(key, pace);
    return pace;
  };
}
