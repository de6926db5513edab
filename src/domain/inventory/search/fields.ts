import type { ListedKind } from "../../kinds.ts";
import { snakeCase, type Column } from "../../noun/columns.ts";
import { declarations, referrersOf, type Declaration } from "../../noun/declaration.ts";
import { EventTable } from "./events.ts";
import { both, ids, to, type SearchField, type SearchKind, type SearchReference, type SearchTable } from "./table.ts";
import type { FieldType, Value } from "./value.ts";

type Row = Readonly<Record<string, unknown> & { id: string }>;
export type AnyTable = SearchTable<Row>;

/** What can be searched, and by what: made at its first use, when every noun is declared. */
export const searchTables = (): Readonly<Record<SearchKind, AnyTable>> => (tables ??= allTables());
let tables: Readonly<Record<SearchKind, AnyTable>> | undefined;
const allTables = () => ({
  ...(Object.fromEntries(declarations().map((noun) => [noun.kind, tableOf(noun)])) as Record<ListedKind, AnyTable>),
  Event: EventTable as unknown as AnyTable,
});

/** From the columns of a noun, and what it says of its search beside them. */
function tableOf({ kind, field, plural, columns, search }: Declaration): AnyTable {
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
const referencesFrom = (columns: readonly Column[]): Record<string, SearchReference<Row>> =>
  merged(
    columns.flatMap(({ name, reference }) =>
      reference
        ? [
            both(
              reference.as.toLowerCase().replace(reference.most === undefined ? "" : /s$/, ""),
              to<Row>(reference.target().name as ListedKind, (row) => [row[name]].flat() as (string | null)[]),
            ),
          ]
        : [],
    ),
  );

/** What refers to a row and is a field of it. */
const referencesTo = (kind: string): Record<string, SearchReference<Row>> =>
  merged(
    referrersOf(kind)
      .filter(([, { reference }]) => reference!.back !== undefined)
      .map(([{ kind: other, field }, { name, reference }]) =>
        both(
          // What is below is no more a tag of it than what it is below.
          other === kind ? reference!.back!.toLowerCase() : field.toLowerCase(),
          to<Row>(other as ListedKind, (row, snapshot) => ids(snapshot.by(other as ListedKind, name as never, row.id))),
        ),
      ),
  );

const merged = <T>(records: readonly Record<string, T>[]): Record<string, T> => Object.assign({}, ...records) as Record<string, T>;
