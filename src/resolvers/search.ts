import type { Snapshot } from "../domain/inventory/snapshot.ts";
import { parseSearch, searchError, type Condition, type ParsedSearch } from "./searchParser.ts";
import { SEARCH_TABLES } from "./searchFields.ts";
import type { SearchField, SearchKind, SearchRow, SearchTable } from "./searchTable.ts";
import { testOf, textTest, type Value } from "./searchValue.ts";

type Row = SearchRow<SearchKind>;
type Predicate = (row: Row, snapshot: Snapshot) => boolean;
type AnyTable = SearchTable<Row>;

/** A search in oVirt's language, ready to be asked about rows. */
export interface Search {
  readonly kind: SearchKind;
  /** `row` is of that kind. */
  matches(row: { readonly id: string }, snapshot: Snapshot): boolean;
  /** From `sortby`. */
  readonly sort: { name: string; value: (row: { readonly id: string }, snapshot: Snapshot) => Value; descending: boolean } | null;
  /** From `page`, counted from 1. */
  readonly page: number | null;
}

const MAX_CACHED = 500;
const cache = new Map<string, Search>();

/** Throws INVALID with the position, counted from 1. */
export function compileSearch(kind: SearchKind, text: string): Search {
  const key = `${kind}\n${text}`;
  const known = cache.get(key);
  if (known) return known;
  const search = compile(kind, text);
  if (cache.size >= MAX_CACHED) cache.delete(cache.keys().next().value!);
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
  const table = SEARCH_TABLES[kind] as unknown as AnyTable;
  const predicate = condition ? predicateOf(table, condition) : () => true;
  return { kind, matches: predicate as Search["matches"], sort: sort && sortOf(table, sort), page };
}

function predicateOf(table: AnyTable, condition: Condition): Predicate {
  if (condition.kind === "word") {
    const test = textTest(condition.value.includes("*") ? condition.value : `*${condition.value}*`);
    return (row, snapshot) => valuesOf(table.name(row, snapshot)).some(test);
  }
  if (condition.kind === "compare") return comparison(table, condition);
  const parts = condition.parts.map((part) => predicateOf(table, part));
  return condition.kind === "and"
    ? (row, snapshot) => parts.every((part) => part(row, snapshot))
    : (row, snapshot) => parts.some((part) => part(row, snapshot));
}

function comparison(table: AnyTable, condition: Condition & { kind: "compare" }): Predicate {
  const [first, second, ...more] = condition.field.split(".");
  const reference = own(table.references, first!);
  if (more.length > 0 || (second !== undefined && !reference)) throw unknownField(table, condition);
  if (reference && (second !== undefined || !own(table.fields, first!))) return throughReference(reference, second ?? "name", condition);
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

function throughReference(reference: AnyTable["references"][string], field: string, condition: Condition & { kind: "compare" }): Predicate {
  const table = SEARCH_TABLES[reference.kind] as unknown as AnyTable;
  const target = own(table.fields, field) ?? (field === "name" ? { type: "text" as const, get: table.name } : undefined);
  if (!target) throw unknownField(table, { ...condition, field });
  const inner = fieldPredicate(
    reference.kind === "User" && field === "name" ? { type: "text", get: table.name } : target,
    positive(condition),
  );
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
