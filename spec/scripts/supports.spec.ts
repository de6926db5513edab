import { describe, expect, test } from "vitest";
import { moveClock } from "../support/clock.ts";
import { sampled } from "../support/sample.ts";

const HOUR = 3_600_000;
/** Hours by which `Date` is ahead of a clock that nobody moves. */
const ahead = () => Math.round((Date.now() - performance.timeOrigin - performance.now()) / HOUR) + 0;

describe("The clock of specs", () => {
  test("is moved, and moved on, for all that asks what time it is", () => {
    moveClock(2 * HOUR);
    moveClock(-3 * HOUR);
    expect(ahead()).toBe(-1);
    expect(new Date().getTime()).toBeCloseTo(Date.now(), -3);
    expect(new Date(Date()).getTime()).toBeCloseTo(Date.now(), -4);
    expect(new Date(5)).toEqual(new Date("1970-01-01T00:00:00.005Z"));
    expect(Date.UTC(1970, 0, 1)).toBe(0);
  });

  test("is right again in the next test", () => {
    expect(ahead()).toBe(0);
  });

  test("makes dates that anybody takes for dates", () => {
    moveClock(HOUR);
    const date = new Date();
    expect(date).toBeInstanceOf(Date);
    expect(structuredClone(date)).toStrictEqual(date);
  });
});

describe("A sample", () => {
  test("is the same for a seed, moves on with the next, and has had all when it comes round", () => {
    const all = ["a", "b", "c", "d", "e"];
    expect(sampled(all, 2, 7)).toEqual(sampled(all, 2, 7));
    expect([0, 1, 2].map((seed) => sampled(all, 2, seed))).toEqual([
      ["a", "b"],
      ["c", "d"],
      ["a", "e"],
    ]);
    expect(sampled(all, 9, 1)).toEqual(all);
  });
});
