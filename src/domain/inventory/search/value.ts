import { searchError, type Operator } from "./parser.ts";

/**
 * How a field is compared. `text` ignores case and knows `*`; `state` is one of some words, in their order, and ignores
 * case and underscores; `number` may carry a unit (`4GiB`), a plain one counts in `unit`s; `time` is an ISO date or time
 * (UTC unless it names a zone), `today` or `yesterday`.
 */
export type FieldType =
  | { type: "text" }
  | { type: "state"; states: readonly string[]; ordered?: boolean }
  | { type: "number"; unit?: number }
  | { type: "time" }
  | { type: "flag" };
export type Value = string | number | boolean | Date | null | undefined;

const UNITS: Record<string, number> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };
const DAY_MS = 86_400_000;

interface Written {
  operator: Operator;
  value: string;
  at: number;
  valueAt: number;
}
type Test = (value: Value) => boolean;

/** What a written comparison asks of a single value. `!=` holds where `=` does not. Throws INVALID. */
export function testOf(field: FieldType, written: Written): Test {
  const { operator } = written;
  if (field.type === "text") return equality(textTest(written.value), written, "text");
  if (field.type === "flag") return equality(flagTest(written), written, "a yes or no");
  if (field.type === "state") return stateTest(field, written);
  if (field.type === "time") return timeTest(written);
  const wanted = numberOf(written, field.unit ?? 1);
  return (value) => typeof value === "number" && holds(operator, value - wanted);
}

function equality(test: Test, { operator, at }: Written, what: string): Test {
  if (operator === "=") return test;
  if (operator === "!=") return (value) => !test(value);
  throw searchError(at, `${what} can be compared with = and != only.`);
}

function holds(operator: Operator, difference: number): boolean {
  if (operator === "=") return difference === 0;
  if (operator === "!=") return difference !== 0;
  if (operator === "<") return difference < 0;
  if (operator === "<=") return difference <= 0;
  return operator === ">" ? difference > 0 : difference >= 0;
}

/** `*` stands for anything. Runs in linear time whatever the pattern. Names are kept composed (NFC), so the pattern is. */
export function textTest(pattern: string): Test {
  const parts = pattern.normalize("NFC").toLowerCase().replace(/\*+/g, "*").split("*");
  const first = parts[0]!;
  const last = parts.at(-1)!;
  return (value) => {
    if (value === null || value === undefined) return false;
    const text = String(value).toLowerCase();
    if (parts.length === 1) return text === first;
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let from = first.length;
    for (const part of parts.slice(1, -1)) {
      const found = text.indexOf(part, from);
      if (found < 0) return false;
      from = found + part.length;
    }
    return from <= text.length - last.length;
  };
}

const plain = (state: string) => state.toLowerCase().replaceAll("_", "");

function stateTest({ states, ordered }: { states: readonly string[]; ordered?: boolean }, written: Written): Test {
  if (written.value.includes("*")) return equality(textTest(written.value), written, "a pattern");
  const wanted = states.findIndex((state) => plain(state) === plain(written.value));
  if (wanted < 0) throw searchError(written.valueAt, `"${written.value}" is none of ${states.join(", ").toLowerCase()}.`);
  if (ordered) return (value) => holds(written.operator, states.indexOf(String(value)) - wanted);
  return equality((value) => value === states[wanted], written, "a state");
}

function flagTest({ value, valueAt }: Written): Test {
  const wanted = { true: true, yes: true, false: false, no: false }[value.toLowerCase()];
  if (wanted === undefined) throw searchError(valueAt, "true or false was expected.");
  return (given) => given === wanted;
}

/** Throws INVALID. */
export function numberOf({ value, valueAt }: Pick<Written, "value" | "valueAt">, unit: number): number {
  const match = /^(-?\d+(?:\.\d+)?)\s*(?:([bkmgt])(?:i?b)?|%)?$/i.exec(value);
  if (!match) throw searchError(valueAt, `"${value}" is not a number.`);
  return Number(match[1]) * (match[2] ? UNITS[match[2].toLowerCase()]! : unit);
}

/** Days before today. */
const NAMED_DAYS: Record<string, number> = { today: 0, yesterday: 1 };

const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(?:(Z)|([+-]\d\d):?(\d\d))?)?$/i;

/** Unix ms of a time written by ISO 8601, UTC unless it says otherwise, and whether it is a whole day; null when it is none. */
function instantOf(value: string): { from: number; isDay: boolean } | null {
  const [, day, time, , hours, minutes] = ISO.exec(value) ?? [];
  const from = Date.parse(`${day}T${time ?? "00:00"}${hours === undefined ? "Z" : `${hours}:${minutes}`}`);
  if (day === undefined || Number.isNaN(from)) return null;
  // A day that its month does not have would be one of the next.
  return new Date(`${day}T00:00Z`).toISOString().startsWith(day) ? { from, isDay: time === undefined } : null;
}

/** What a written time stands for, from its first ms to the one after its last: a date without a time is the whole day. Throws INVALID. */
export function timeRangeOf({ value, valueAt }: Pick<Written, "value" | "valueAt">): { from: number; to: number } {
  const daysAgo = NAMED_DAYS[value.toLowerCase()];
  if (daysAgo !== undefined) {
    const from = (Math.floor(Date.now() / DAY_MS) - daysAgo) * DAY_MS;
    return { from, to: from + DAY_MS };
  }
  const written = instantOf(value);
  if (!written) throw searchError(valueAt, `"${value}" is not a date or time.`);
  return { from: written.from, to: written.from + (written.isDay ? DAY_MS : 1) };
}

function timeTest(written: Written): Test {
  timeRangeOf(written);
  return (given) => {
    if (!(given instanceof Date)) return false;
    // A search is kept: what is today changes.
    const { from, to } = timeRangeOf(written);
    const at = given.getTime();
    return holds(written.operator, at >= from && at < to ? 0 : at - from);
  };
}
