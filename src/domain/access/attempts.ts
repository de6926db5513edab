import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { OvertError } from "../../errors.ts";
import { addressBlock } from "./addressBlock.ts";

const WINDOW_MS = 5 * 60_000;
/** Failures within the window before the next attempt is refused. */
const PER_USER_AND_ADDRESS = 10;
const PER_ADDRESS = 50;
/** What is longest ago that anybody tried is forgotten first. */
const KEPT_BYTES = 8 * 1024 * 1024;
const KEY_BYTES = 200;
const TIME_BYTES = 16;

/** Counts attempts to log in. Only failures stay counted; attempts that run count too, so that many at once are refused as well. */
export interface Attempts {
  /** Throws RATE_LIMITED. The answer is called when the attempt succeeded. */
  begin(user: string, address: string): () => void;
}

export function createAttempts(now: () => number = Date.now): Attempts {
  const times = new LRUCache<string, number[]>({ maxSize: KEPT_BYTES, sizeCalculation: (list) => KEY_BYTES + TIME_BYTES * list.length });
  const recent = (key: string) => {
    const since = now() - WINDOW_MS;
    return (times.get(key) ?? []).filter((time) => time > since);
  };
  const put = (key: string, list: number[]) => {
    if (list.length > 0) times.set(key, list);
    else times.delete(key);
  };
  return {
    begin(user, address) {
      const block = addressBlock(address);
      const limits: [string, number][] = [
        [keyOf(block, user), PER_USER_AND_ADDRESS],
        [keyOf(block), PER_ADDRESS],
      ];
      const at = now();
      for (const [key, limit] of limits) {
        const list = recent(key);
        if (list.length >= limit) throw tooMany(list[0]! + WINDOW_MS - at);
      }
      for (const [key] of limits) put(key, [...recent(key), at]);
      return () => {
        for (const [key] of limits) {
          const list = recent(key);
          const index = list.indexOf(at);
          put(key, index < 0 ? list : list.toSpliced(index, 1));
        }
      };
    },
  };
}

/** Of one size, whatever was given. */
const keyOf = (...parts: string[]) => createHash("sha256").update(parts.join("\n")).digest("base64");

const tooMany = (ms: number) =>
  new OvertError("RATE_LIMITED", "Too many failed attempts to log in.", [{ code: "RETRY_AFTER", message: `${Math.ceil(ms / 1000)} s` }]);
