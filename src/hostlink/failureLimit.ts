/** Counts attempts per address in a window; those that succeed are taken back. */
export interface FailureLimit {
  /** False when the address has used up its attempts; it may come again when the window is over. */
  enter(address: string): boolean;
  succeeded(address: string): void;
}

/** Addresses remembered at once; beyond it all windows start anew rather than let the table grow. */
const MAX_ADDRESSES = 10_000;

export function createFailureLimit(attempts: number, windowMs: number): FailureLimit {
  const windows = new Map<string, { count: number; endsAt: number }>();
  const current = (address: string) => {
    const known = windows.get(address);
    if (known !== undefined && known.endsAt > Date.now()) return known;
    if (windows.size >= MAX_ADDRESSES) windows.clear();
    const fresh = { count: 0, endsAt: Date.now() + windowMs };
    windows.set(address, fresh);
    return fresh;
  };
  return {
    enter(address) {
      const window = current(address);
      if (window.count >= attempts) return false;
      window.count += 1;
      return true;
    },
    succeeded(address) {
      const window = current(address);
      window.count = Math.max(0, window.count - 1);
    },
  };
}
