import { onTestFinished } from "vitest";

/*
 * Every spec runs with this clock (vitest.config.ts loads it first): programs compare types with `Date` itself, so there must be
 * one for the whole life of the process. The dates that it makes are real ones.
 */
const KEY = Symbol.for("overt.spec.clock");
const clock = ((globalThis as { [KEY]?: { offset: number } })[KEY] ??= install());

function install(): { offset: number } {
  const RealDate = globalThis.Date;
  const state = { offset: 0 };
  const now = () => RealDate.now() + state.offset;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
    apply: () => new RealDate(now()).toString(),
    get: (target, key) => (key === "now" ? now : Reflect.get(target, key)),
  });
  return state;
}

/**
 * Moves the clock of this process, forward or back; moves add up. It is right again when the running test is finished. Only `Date`
 * tells another time: timers run as before, and so do other processes. For what is over at a certain time, instead of a sleep.
 */
export function moveClock(ms: number): void {
  clock.offset += ms;
  onTestFinished(() => void (clock.offset = 0));
}
