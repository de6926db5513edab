import { getMetadataStorage } from "type-graphql";
import type { Transaction } from "../../db/unitOfWork.ts";
import { invalid, refusedAt } from "../../errors.ts";
import type { Viewer } from "../access/caller.ts";
import { requirePermit } from "../access/rights.ts";
import { checkRange, needNamed } from "../input.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import type { InventoryKind } from "../kinds.ts";
import { snakeCase, type Column } from "./columns.ts";
import { declarationOf, type Declaration } from "./declaration.ts";
import { addable, updatable } from "./inputs.ts";

export type Values = Readonly<Record<string, unknown>>;

interface Wish {
  input: Values;
  caller: Viewer;
  /** What the caller sees: there references are looked up. */
  seen: Snapshot;
}

/** What a client gave for a new object, checked, and the defaults of the rest. Throws INVALID, NOT_FOUND, FORBIDDEN. */
export function newValues(tx: Transaction, declaration: Declaration, wish: Wish): Record<string, unknown> {
  const { input, seen } = wish;
  const settable = new Set(addable(declaration));
  const values: Record<string, unknown> = {};
  for (const column of declaration.columns) {
    const given = settable.has(column) ? input[column.name] : undefined;
    // Null is a value where the column has one, and otherwise as if nothing was given.
    if (given !== undefined && (given !== null || column.nullable)) values[column.name] = checked(tx, column, given, wish);
    else if (column.inherits === undefined) values[column.name] = defaultOf(column, tx);
  }
  for (const column of declaration.columns)
    if (!(column.name in values)) values[column.name] = inherited(declaration, column, values, seen) ?? defaultOf(column, tx);
  return values;
}

/** What a column holds when its maker says nothing; undefined where there must be something. */
function defaultOf({ default: value, nullable }: Column, tx: Pick<Transaction, "now">): unknown {
  if (typeof value === "function") return (value as (tx: Pick<Transaction, "now">) => unknown)(tx);
  return value ?? (nullable ? null : undefined);
}

/** What an object holds of which nothing is said; undefined where something must be. */
export const defaultsOf = ({ columns }: Declaration, tx: Pick<Transaction, "now">): Record<string, unknown> =>
  Object.fromEntries(columns.map((column) => [column.name, defaultOf(column, tx)]));

function inherited({ columns }: Declaration, { name, inherits }: Column, values: Values, seen: Snapshot): unknown {
  const from = columns.find((column) => column.name === inherits)?.reference?.target().name;
  if (!from) return undefined;
  return (seen.need(from as InventoryKind, values[inherits!] as string) as unknown as Values)[name];
}

/**
 * What a client wants changed, checked: what is absent stays as it is. Throws INVALID (also for null where there must be a
 * value), NOT_FOUND, FORBIDDEN, NOT_ALLOWED_IN_STATE for what can change only while the object is down.
 */
export function changedValues(tx: Transaction, declaration: Declaration, wish: Wish & { before: object }): Record<string, unknown> {
  const { input, before } = wish;
  const patch: Record<string, unknown> = {};
  for (const column of updatable(declaration)) {
    const given = input[column.name];
    if (given === undefined) continue;
    if (given === null && !column.nullable) throw invalid(`input.${column.name}`, "It cannot be null.", "NULL");
    if (column.set === "down") requireDown(declaration, column, before as { id: string; name?: string; status?: string });
    const isNew = given !== (before as Values)[column.name];
    patch[column.name] = isNew ? checked(tx, column, given, wish) : given;
  }
  return patch;
}

/** A template, which has the same columns, is never down. */
function requireDown(
  { kind, columns }: Declaration,
  wanted: Column,
  { id, name = id, status }: { id: string; name?: string; status?: string },
): void {
  const states = columns.find((column) => column.name === "status")?.type();
  const canBeDown = Object.hasOwn((states ?? {}) as object, "DOWN");
  if (status === "DOWN" || !canBeDown) return;
  const message = `${name} must be down for this, and is ${status}.`;
  throw refusedAt(`input.${wanted.name}`, "NOT_ALLOWED_IN_STATE", { code: `${snakeCase(kind).toUpperCase()}_NOT_DOWN`, message });
}

function checked({ snapshot }: Transaction, column: Column, value: unknown, { caller, seen }: Wish): unknown {
  if (value === null) return null;
  const path = `input.${column.name}`;
  if (column.reference) {
    const kind = column.reference.target().name as InventoryKind;
    const row = needNamed(seen, kind, { id: value as string, path });
    const { needs } = column.reference;
    if (needs && !declarationOf(kind).open?.(row)) requirePermit(caller, needs, snapshot, { kind, row });
  }
  if (column.from !== undefined || column.to !== undefined)
    checkRange(value as number, path, column.from ?? 0, column.to ?? Number.MAX_SAFE_INTEGER);
  const whole = column.kind === "value" ? completed(column.type(), value) : value;
  return column.check ? (column.check as (value: unknown, path: string) => unknown)(whole, path) : whole;
}

/** A value object with null where a client left something out: so it is read back. */
function completed(type: unknown, value: unknown): unknown {
  if (Array.isArray(type)) return (value as unknown[]).map((each) => completed(type[0], each));
  const fields = getMetadataStorage().fields.filter(({ target }) => target === type);
  if (fields.length === 0 || value === null || value === undefined) return value ?? null;
  const given = value as Values;
  return Object.fromEntries(
    fields.map(({ name, getType, typeOptions }) => [name, completed(typeOptions.array ? [getType()] : getType(), given[name] ?? null)]),
  );
}

/** Said before the database's unique index would, so that a plan says it too. Throws CONFLICT, reason DUPLICATE. */
export function refuseTaken({ snapshot }: Transaction, declaration: Declaration, row: Values & { id?: string }): void {
  for (const columns of declaration.unique ?? []) {
    const holders = rowsWith(snapshot, declaration, columns, row).filter(({ id }) => id !== row.id);
    if (holders.length === 0) continue;
    const named: string = columns.at(-1)!;
    const scope = columns.length > 1 ? ` of this ${wordsOfReference(declaration, columns[0]!)}` : "";
    const message = `${String(row[named])} is taken by another ${declaration.words}${scope}.`;
    throw refusedAt(`input.${named}`, "CONFLICT", { code: "DUPLICATE", message });
  }
}

function rowsWith(snapshot: Snapshot, { kind, columns: all }: Declaration, columns: readonly string[], row: Values): { id: string }[] {
  const by = columns.find((name) => all.some((column) => column.name === name && column.index))!;
  const found = snapshot.by(kind as InventoryKind, by as never, row[by] as string);
  return (found as unknown as (Values & { id: string })[]).filter((other) => columns.every((name) => other[name] === row[name]));
}

const wordsOfReference = ({ columns }: Declaration, name: string): string =>
  declarationOf(columns.find((column) => column.name === name)!.reference!.target().name).words;
