import { LRUCache } from "lru-cache";
import type { Snapshot } from "../snapshot.ts";
import type { ListedKind } from "../../kinds.ts";
import { parseSearch, searchError, type Condition, type ParsedSearch } from "./parser.ts";
import { SEARCH_TABLES, type AnyTable } from "./fields.ts";
import type { SearchField, SearchKind, SearchRow } from "./table.ts";
import { testOf, textTest, type Value } from "./value.ts";

type Row = SearchRow<SearchKind>;
type Predicate = (row: Row, snapshot: Snapshot) => boolean;

/** How many rows of a kind there are now. */
export type CountRows = (kind: ListedKind) => number;

/** A search in oVirt's language, ready to be asked about rows. */
export interface Search {
  readonly kind: SearchKind;
  readonly condition: Condition | null;
  /** `row` is of that kind. */
  matches(row: { readonly id: string }, snapshot: Snapshot): boolean;
  /** Comparisons that it takes to ask it about every row of its kind, 0 for events: those are read from the database. */
  price(count: CountRows): number;
  /** From `sortby`. */
  readonly sort: { name: string; value: (row: { readonly id: string }, snapshot: Snapshot) => Value; descending: boolean } | null;
  /** From `page`, counted from 1. */
  readonly page: number | null;
}

/** Of the texts of searches and what they are compiled to, about. */
const CACHE_BYTES = 4 * 1024 * 1024;
const CONDITION_BYTES = 1_000;
const cache = new LRUCache<string, Search>({
  maxSize: CACHE_BYTES,
  sizeCalculation: ({ condition }, key) => 2 * key.length + CONDITION_BYTES * (1 + leavesOf(condition).length),
});

/** Throws INVALID with the position, counted from 1. */
export function compileSearch(kind: SearchKind, text: string): Search {
  const key = `${kind}\n${text}`;
  const known = cache.get(key);
  if (known) return known;
  const search = compile(kind, text);
  cache.set(key, search);
  return search;
}

/** The kind that the text before the colon names; null when there is none. Throws INVALID. */
export function searchKindOf(text: string): SearchKind | null {
  const { prefix } = parseSearch(text);
  return prefix && kindNamed(prefix);
}

function kindNamed({ text, at }: { text: string; at: number }): SearchKind {
  const found = Object.entries(SEARCH_TABLES).find(([, table]) => table.prefixes.includes(text.toLowerCase()));
  if (!found) throw searchError(at, `"${text}" is nothing that can be searched.`);
  return found[0] as SearchKind;
}

function compile(kind: SearchKind, text: string): Search {
  const { prefix, condition, sort, page } = parseSearch(text);
  if (prefix && kindNamed(prefix) !== kind) throw searchError(prefix.at, `"${prefix.text}" cannot be searched here.`);
  const table = tableOf(kind);
  const predicate = condition ? predicateOf(table, condition) : () => true;
  const price: Search["price"] = (count) => leavesOf(condition).reduce((sum, leaf) => sum + priceOf(kind, leaf, count), 0);
  return { kind, condition, matches: predicate as Search["matches"], price, sort: sort && sortOf(table, sort), page };
}

const tableOf = (kind: SearchKind): AnyTable => SEARCH_TABLES[kind];

/** The comparisons and words of a condition. */
function leavesOf(condition: Condition | null): Exclude<Condition, { parts: Condition[] }>[] {
  if (!condition) return [];
  return "parts" in condition ? condition.parts.flatMap(leavesOf) : [condition];
}

/** Comparisons that it takes to ask a search about one row. */
export const conditionsOf = (search: Search | null): number => leavesOf(search?.condition ?? null).length;

/** Each condition is asked about each row, a word in each text; through a reference there are the rows behind it too. */
function priceOf(kind: SearchKind, leaf: ReturnType<typeof leavesOf>[number], count: CountRows): number {
  if (kind === "Event") return 0;
  const table = tableOf(kind);
  if (leaf.kind === "word") return count(kind) * textsOf(table).length;
  const reference = referenceOf(table, leaf.field);
  return count(kind) + (reference ? count(reference.kind) : 0);
}

const textsOf = (table: AnyTable) => Object.values(table.fields).filter(({ type, opaque }) => type === "text" && !opaque);

/** What a field of a condition refers to; undefined when it is a field of the row itself. */
function referenceOf({ references, fields }: AnyTable, field: string) {
  const [first, second] = field.split(".");
  return second !== undefined || !own(fields, first!) ? own(references, first!) : undefined;
}

function predicateOf(table: AnyTable, condition: Condition): Predicate {
  if (condition.kind === "word") {
    const test = textTest(condition.value.includes("*") ? condition.value : `*${condition.value}*`);
    const texts = textsOf(table);
    return (row, snapshot) => texts.some(({ get }) => valuesOf(get(row, snapshot)).some(test));
  }
  if (condition.kind === "compare") return comparison(table, condition);
  const parts = condition.parts.map((part) => predicateOf(table, part));
  return condition.kind === "and"
    ? (row, snapshot) => parts.every((part) => part(row, snapshot))
    : (row, snapshot) => parts.some((part) => part(row, snapshot));
}

function comparison(table: AnyTable, condition: Condition & { kind: "compare" }): Predicate {
  const [first, second, ...more] = condition.field.split(".");
  const reference = referenceOf(table, condition.field);
  if (more.length > 0 || (second !== undefined && !reference)) throw unknownField(table, condition);
  if (reference) return throughReference(reference, condition);
  const field = own(table.fields, first!);
  if (!field) throw unknownField(table, condition);
  return fieldPredicate(field, condition);
}

/** `!=` on several values, or through a reference, says that none of them is equal. */
const positive = <C extends Condition & { kind: "compare" }>(condition: C): C =>
  condition.operator === "!=" ? { ...condition, operator: "=" } : condition;

function fieldPredicate(field: SearchField<Row>, condition: Condition & { kind: "compare" }): Predicate {
  const test = testOf(field, positive(condition));
  const negated = condition.operator === "!=";
  return (row, snapshot) => valuesOf(field.get(row, snapshot)).some(test) !== negated;
}

type Fits = (row: { readonly id: string }, snapshot: Snapshot) => boolean;

/** What a condition on a referenced object asks of that object, whether it is negated or not; null when it is on none. Throws INVALID. */
export function behindReference(kind: SearchKind, condition: Condition & { kind: "compare" }): { kind: ListedKind; fits: Fits } | null {
  const reference = referenceOf(tableOf(kind), condition.field);
  return reference ? { kind: reference.kind, fits: behind(reference, condition) as Fits } : null;
}

function behind(reference: AnyTable["references"][string], condition: Condition & { kind: "compare" }): Predicate {
  const field = condition.field.split(".")[1] ?? "name";
  const table = tableOf(reference.kind);
  const target = own(table.fields, field) ?? (field === "name" ? { type: "text" as const, get: table.name } : undefined);
  if (!target) throw unknownField(table, { ...condition, field });
  return fieldPredicate(reference.kind === "User" && field === "name" ? { type: "text", get: table.name } : target, positive(condition));
}

function throughReference(reference: AnyTable["references"][string], condition: Condition & { kind: "compare" }): Predicate {
  const inner = behind(reference, condition);
  const negated = condition.operator === "!=";
  return (row, snapshot) => {
    const rows = reference.ids(row, snapshot).map((id) => snapshot.get(reference.kind, id));
    return rows.some((there) => there !== undefined && inner(there, snapshot)) !== negated;
  };
}

function sortOf(table: AnyTable, { field, at, descending }: NonNullable<ParsedSearch["sort"]>): NonNullable<Search["sort"]> {
  const found = own(table.fields, field);
  if (!found) throw unknownField(table, { field, at });
  return { name: field, value: (row, snapshot) => valuesOf(found.get(row as Row, snapshot))[0] ?? null, descending };
}

const unknownField = ({ fields, references }: AnyTable, { field, at }: { field: string; at: number }) =>
  searchError(at, `there is no field "${field}"; known are ${[...Object.keys(fields), ...Object.keys(references)].toSorted().join(", ")}.`);
const own = <T>(record: Record<string, T>, name: string): T | undefined => (Object.hasOwn(record, name) ? record[name] : undefined);
const valuesOf = (values: Value | readonly Value[]): readonly Value[] => (Array.isArray(values) ? values : [values as Value]);
