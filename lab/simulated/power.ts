/** The power supply of a simulated host: what was under way when it is cut never comes to anything. */
export interface Power {
  /** Aborted while the power is off; another one after each power-on. */
  readonly signal: AbortSignal;
  /** Does it after `ms`, unless the power was cut in between. */
  after(ms: number, action: () => void): void;
  cut(): void;
  on(): void;
}

export function createPower(): Power {
  let current = new AbortController();
  return {
    get signal() {
      return current.signal;
    },
    after(ms, action) {
      const { signal } = current;
      setTimeout(() => !signal.aborted && action(), ms);
    },
    cut: () => current.abort(),
    on: () => void (current = new AbortController()),
  };
}
