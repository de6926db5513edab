import { OvertError } from "../../../errors.ts";

/** oVirt's search language: `[Vms:] [condition] [sortby field [asc|desc]] [page n]`. */
const OPERATORS = ["=", "!=", "<", ">", "<=", ">="] as const;
export type Operator = (typeof OPERATORS)[number];

export type Condition =
  | { kind: "and" | "or"; parts: Condition[] }
  /** `field` as it was written, perhaps with a reference before it: `host.name`. */
  | { kind: "compare"; field: string; operator: Operator; value: string; at: number; valueAt: number }
  | { kind: "word"; value: string };
export interface ParsedSearch {
  /** What stood before the colon. */
  prefix: { text: string; at: number } | null;
  condition: Condition | null;
  sort: { field: string; at: number; descending: boolean } | null;
  /** From 1. */
  page: number | null;
}

const MAX_LENGTH = 2_000;
const MAX_NESTING = 50;

/** Throws OvertError INVALID that names the position, counted from 1. */
export function searchError(at: number, message: string): OvertError {
  return new OvertError("INVALID", `The search cannot be understood at position ${at + 1}: ${message}`, [
    { code: "SEARCH", message: `position ${at + 1}: ${message}`, path: "search" },
  ]);
}

interface Token {
  kind: "word" | "quoted" | "operator" | "(" | ")" | ":" | "end";
  text: string;
  at: number;
}
const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|(!=|<=|>=|=|<|>)|([():])|([^\s"():=!<>]+))/y;

function tokenize(text: string): Token[] {
  if (text.length > MAX_LENGTH) throw searchError(MAX_LENGTH, `it is longer than ${MAX_LENGTH} characters.`);
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw searchError(from + /^\s*/.exec(text.slice(from))![0].length, "this is not part of the language.");
    const [whole, quoted, operator, mark, word] = match;
    const at = from + whole.length - whole.trimStart().length;
    if (quoted !== undefined) tokens.push({ kind: "quoted", text: quoted.slice(1, -1).replace(/\\(.)/g, "$1"), at });
    else if (operator !== undefined) tokens.push({ kind: "operator", text: operator, at });
    else if (mark !== undefined) tokens.push({ kind: mark as Token["kind"], text: mark, at });
    else tokens.push({ kind: "word", text: word!, at });
  }
  tokens.push({ kind: "end", text: "", at: text.length });
  return tokens;
}

/** Throws INVALID. */
export function parseSearch(text: string): ParsedSearch {
  const reader = createReader(tokenize(text));
  const prefix = readPrefix(reader);
  const condition = startsCondition(reader.peek()) ? readAny(reader, 0) : null;
  const sort = reader.takeWord("sortby") ? readSort(reader) : null;
  const page = reader.takeWord("page") ? readPage(reader) : null;
  const rest = reader.peek();
  if (rest.kind !== "end") throw searchError(rest.at, `"${rest.text}" was not expected.`);
  return { prefix, condition, sort, page };
}

interface Reader {
  peek(ahead?: number): Token;
  take(): Token;
  /** Takes the next token when it is this word. */
  takeWord(word: string): boolean;
}
function createReader(tokens: readonly Token[]): Reader {
  let position = 0;
  const peek = (ahead = 0) => tokens[Math.min(position + ahead, tokens.length - 1)]!;
  const take = () => tokens[position < tokens.length - 1 ? position++ : position]!;
  const takeWord = (word: string) => isWord(peek(), word) && take() !== undefined;
  return { peek, take, takeWord };
}
const isWord = ({ kind, text }: Token, word: string) => kind === "word" && text.toLowerCase() === word;
const startsCondition = (token: Token) =>
  (token.kind === "word" || token.kind === "quoted" || token.kind === "(") && !isWord(token, "sortby") && !isWord(token, "page");

function readPrefix(reader: Reader): ParsedSearch["prefix"] {
  if (reader.peek().kind !== "word" || reader.peek(1).kind !== ":") return null;
  const { text, at } = reader.take();
  reader.take();
  return { text, at };
}

function readAny(reader: Reader, nesting: number): Condition {
  const parts = [readAll(reader, nesting)];
  while (reader.takeWord("or")) parts.push(readAll(reader, nesting));
  return parts.length === 1 ? parts[0]! : { kind: "or", parts };
}

/** Conditions side by side must all hold, with or without `and`. */
function readAll(reader: Reader, nesting: number): Condition {
  const parts = [readOne(reader, nesting)];
  while (reader.takeWord("and") || (startsCondition(reader.peek()) && !isWord(reader.peek(), "or"))) parts.push(readOne(reader, nesting));
  return parts.length === 1 ? parts[0]! : { kind: "and", parts };
}

function readOne(reader: Reader, nesting: number): Condition {
  const token = reader.take();
  if (token.kind === "(") {
    if (nesting >= MAX_NESTING) throw searchError(token.at, `more than ${MAX_NESTING} parentheses within each other.`);
    const inner = readAny(reader, nesting + 1);
    const close = reader.take();
    if (close.kind !== ")") throw searchError(close.at, "a closing parenthesis is missing.");
    return inner;
  }
  if ((token.kind !== "word" && token.kind !== "quoted") || isWord(token, "and") || isWord(token, "or"))
    throw searchError(token.at, "a condition was expected.");
  if (token.kind === "quoted" || reader.peek().kind !== "operator") return { kind: "word", value: token.text };
  const operator = reader.take().text as Operator;
  const value = readValue(reader);
  return { kind: "compare", field: token.text.toLowerCase(), operator, value: value.text, at: token.at, valueAt: value.at };
}

/** A value may hold colons: times and hardware addresses. */
function readValue(reader: Reader): Token {
  const first = reader.take();
  if (first.kind === "quoted") return first;
  if (first.kind !== "word") throw searchError(first.at, "a value was expected.");
  let text = first.text;
  const touches = () => reader.peek().at === first.at + text.length;
  while ((reader.peek().kind === ":" || (text.endsWith(":") && reader.peek().kind === "word")) && touches()) text += reader.take().text;
  return { ...first, text };
}

function readSort(reader: Reader): ParsedSearch["sort"] {
  const field = reader.take();
  if (field.kind !== "word") throw searchError(field.at, "the name of a field was expected.");
  const descending = reader.takeWord("desc");
  if (!descending) reader.takeWord("asc");
  return { field: field.text.toLowerCase(), at: field.at, descending };
}

function readPage(reader: Reader): number {
  const { kind, text, at } = reader.take();
  if (kind !== "word" || !/^[1-9]\d{0,8}$/.test(text)) throw searchError(at, "a page number from 1 was expected.");
  return Number(text);
}
