const TICK_MS = 1_000;

/** The time, for texts such as `3 min ago`. */
export const clock = $state({ now: Date.now() });
setInterval(() => (clock.now = Date.now()), TICK_MS);
