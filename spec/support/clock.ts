import { onTestFinished } from "vitest";

const RealDate = globalThis.Date;
let offset = 0;

/** What the clock on the wall says, moved; timers are those of the machine. */
class MovedDate extends RealDate {
  constructor(...given: unknown[]) {
    super(...((given.length === 0 ? [MovedDate.now()] : given) as [number]));
  }
  static override now(): number {
    return RealDate.now() + offset;
  }
  /** Dates that were made before the clock was moved are dates. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return Object.prototype.toString.call(value) === "[object Date]";
  }
}

/** Moves the clock of this process by so many ms, until the running test is finished. */
export function moveClock(ms: number): void {
  if (globalThis.Date === RealDate) {
    globalThis.Date = MovedDate as DateConstructor;
    onTestFinished(() => {
      globalThis.Date = RealDate;
      offset = 0;
    });
  }
  offset += ms;
}
