import { LISTED_KINDS, type ListedKind } from "../../kinds.ts";
import { snakeCase, type Column } from "../../noun/columns.ts";
import { declarationOf, declarations } from "../../noun/declaration.ts";
import { EventTable } from "./events.ts";
import { both, ids, to, type SearchField, type SearchKind, type SearchReference, type SearchTable } from "./table.ts";
import type { FieldType, Value } from "./value.ts";

type Row = Readonly<Record<string, unknown> & { id: string }>;
export type AnyTable = SearchTable<Row>;
type References = Record<string, SearchReference<Row>>;

/** What can be searched, and by what. */
export const SEARCH_TABLES: Readonly<Record<SearchKind, AnyTable>> = {
  ...(Object.fromEntries(LISTED_KINDS.map((kind) => [kind, tableOf(kind)])) as Record<ListedKind, AnyTable>),
  Event: EventTable as unknown as AnyTable,
};

/** From the columns of a noun, and what it says of its search beside them. */
function tableOf(kind: ListedKind): AnyTable {
  const { field, plural, columns, search } = declarationOf(kind);
  const { prefixes = [], called, fields, references } = (search ?? {}) as Partial<AnyTable> & { called?: AnyTable["name"] };
  return {
    prefixes: [field.toLowerCase(), plural.toLowerCase(), ...prefixes],
    name: called ?? ((row) => row["name"] as string),
    fields: { ...Object.fromEntries(columns.flatMap(fieldsOf)), ...fields },
    references: { ...referencesFrom(columns), ...referencesTo(kind), ...references },
  };
}

function fieldsOf({ kind, name, type, search }: Column): [string, SearchField<Row>][] {
  if (search === undefined) return [];
  const get = (row: Row) => row[name] as Value;
  const { names, unit } = typeof search === "object" && "unit" in search ? search : { names: search, unit: undefined };
  const called = names === true || names === undefined ? [snakeCase(name)] : [names].flat();
  return called.map((each) => [each, { ...typeOf(kind, type, unit), get, ...(kind === "id" && { opaque: true as const }) }]);
}

function typeOf(kind: Column["kind"], type: Column["type"], unit: number | undefined): FieldType {
  if (kind === "whole" || kind === "big" || kind === "real") return { type: "number", ...(unit !== undefined && { unit }) };
  if (kind === "instant") return { type: "time" };
  if (kind === "flag") return { type: "flag" };
  return kind === "oneOf" ? { type: "state", states: Object.keys(type() as object) } : { type: "text" };
}

/** What a row refers to, under the name of the field that leads there. */
function referencesFrom(columns: readonly Column[]): References {
  const found = columns.flatMap(({ name, reference }) =>
    reference
      ? [
          both(
            reference.as.toLowerCase(),
            to<Row>(reference.target().name as ListedKind, (row) => [row[name] as string | null]),
          ),
        ]
      : [],
  );
  return Object.assign({}, ...found) as References;
}

/** What refers to a row and is a field of it. */
function referencesTo(kind: ListedKind): References {
  const found = declarations().flatMap((other) =>
    other.columns.flatMap(({ name, reference }) =>
      reference?.back !== undefined && reference.target().name === kind
        ? [
            both(
              other.field.toLowerCase(),
              to<Row>(other.kind as ListedKind, (row, snapshot) => ids(snapshot.by(other.kind as ListedKind, name as never, row.id))),
            ),
          ]
        : [],
    ),
  );
  return Object.assign({}, ...found) as References;
}
