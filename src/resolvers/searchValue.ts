import { searchError, type Operator } from "./searchParser.ts";

/**
 * How a field is compared. `text` ignores case and knows `*`; `state` is one of some words, in their order, and ignores
 * case and underscores; `number` may carry a unit (`4GiB`), a plain one counts in `unit`s; `time` is an ISO date or time,
 * `today` or `yesterday`.
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

/** `*` stands for anything. Runs in linear time whatever the pattern. */
export function textTest(pattern: string): Test {
  const parts = pattern.toLowerCase().split("*");
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

function numberOf({ value, valueAt }: Written, unit: number): number {
  const match = /^(-?\d+(?:\.\d+)?)\s*(?:([bkmgt])(?:i?b)?|%)?$/i.exec(value);
  if (!match) throw searchError(valueAt, `"${value}" is not a number.`);
  return Number(match[1]) * (match[2] ? UNITS[match[2].toLowerCase()]! : unit);
}

/** Days before today. */
const NAMED_DAYS: Record<string, number> = { today: 0, yesterday: 1 };

/** A date without a time is the whole day, UTC. */
function timeTest({ operator, value, valueAt }: Written): Test {
  const daysAgo = NAMED_DAYS[value.toLowerCase()];
  const written = Date.parse(value);
  if (daysAgo === undefined && Number.isNaN(written)) throw searchError(valueAt, `"${value}" is not a date or time.`);
  const length = daysAgo !== undefined || /^\d{4}-\d\d-\d\d$/.test(value) ? DAY_MS : 1;
  return (given) => {
    if (!(given instanceof Date)) return false;
    const from = daysAgo === undefined ? written : (Math.floor(Date.now() / DAY_MS) - daysAgo) * DAY_MS;
    const at = given.getTime();
    return holds(operator, at >= from && at < from + length ? 0 : at - from);
  };
}
