import { getMetadataArgsStorage } from "typeorm";
import { KINDS, type Kind } from "../kinds.ts";
import { columnsOf } from "../noun/columns.ts";

/** Columns that hold a Date, per kind; JSON knows none. */
const dateColumns = new Map(
  (Object.keys(KINDS) as Kind[]).map((kind) => [
    kind,
    getMetadataArgsStorage()
      .filterColumns(KINDS[kind])
      .filter((column) => column.options.type === "datetime")
      .map((column) => column.propertyName),
  ]),
);

/** What rows hold of columns that came later. */
const later = new Map(
  (Object.keys(KINDS) as Kind[]).map((kind) => [
    kind,
    columnsOf(KINDS[kind]).map(({ name, default: value }) => [name, typeof value === "function" ? null : (value ?? null)] as const),
  ]),
);

/** A row as it was before it became JSON. */
export function reviveRow(kind: Kind, row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const revived = { ...row };
  for (const name of dateColumns.get(kind) ?? []) {
    const value = revived[name];
    if (typeof value === "string") revived[name] = new Date(value);
  }
  for (const [name, value] of later.get(kind) ?? []) if (!(name in revived)) revived[name] = value;
  return revived;
}
