import { isDeepStrictEqual } from "node:util";
import { getMetadataStorage } from "type-graphql";
import type { Transaction } from "../../db/unitOfWork.ts";
import { invalid, refusedAt } from "../../errors.ts";
import type { Viewer } from "../access/caller.ts";
import { requirePermit, type Place } from "../access/rights.ts";
import { checkRange, needNamed } from "../input.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import type { InventoryKind } from "../kinds.ts";
import type { Column } from "./columns.ts";
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
  const given = new Set<Column>();
  for (const column of declaration.columns) {
    const value = settable.has(column) ? input[column.name] : undefined;
    // Null is a value where the column has one, and otherwise as if nothing was given.
    if (value !== undefined && (value !== null || column.nullable)) {
      values[column.name] = checked(tx, column, value, wish);
      given.add(column);
    } else if (column.inherits === undefined) values[column.name] = defaultOf(column, tx);
  }
  for (const column of declaration.columns) {
    if (column.name in values && !(given.has(column) && column.permit)) continue;
    const otherwise = inherited(declaration, column, values, seen) ?? defaultOf(column, tx);
    if (!given.has(column)) values[column.name] = otherwise;
    else if (!isDeepStrictEqual(values[column.name], otherwise))
      requirePermit(wish.caller, column.permit!, tx.snapshot, placeOfNew(declaration, wish));
  }
  return values;
}

/** What a new object is to be a part of. Throws NOT_FOUND. */
export function placeOfNew({ within, columns }: Declaration, { input, seen }: Pick<Wish, "input" | "seen">): Place | null {
  const id = within && (input[within] as string | null | undefined);
  if (!id) return null;
  const container = columns.find(({ name }) => name === within)!.reference!.target().name as InventoryKind;
  return { kind: container, row: needNamed(seen, container, { id, path: `input.${String(within)}` }) };
}

/** What a column holds when its maker says nothing; undefined where there must be something. */
function defaultOf({ default: value, nullable }: Column, tx: Pick<Transaction, "now">): unknown {
  if (typeof value === "function") return (value as (tx: Pick<Transaction, "now">) => unknown)(tx);
  return value ?? (nullable ? null : undefined);
}

/** What an object holds of which nothing is said; undefined where something must be. */
export const defaultsOf = ({ columns }: Declaration, tx: Pick<Transaction, "now">): Record<string, unknown> =>
  Object.fromEntries(columns.map((column) => [column.name, defaultOf(column, tx)]));

function inherited({ columns }: Declaration, { name, inherits = [] }: Column, values: Values, seen: Snapshot): unknown {
  for (const way of inherits) {
    const from = columns.find((column) => column.name === way)?.reference?.target().name;
    if (from && values[way]) return (seen.need(from as InventoryKind, values[way] as string) as unknown as Values)[name];
  }
  return undefined;
}

/**
 * What a client wants changed, checked: what is absent stays as it is. Throws INVALID (also for null where there must be a
 * value), NOT_FOUND, FORBIDDEN.
 */
export function changedValues(tx: Transaction, declaration: Declaration, wish: Wish & { before: { id: string } }): Record<string, unknown> {
  const { input, before, caller } = wish;
  const patch: Record<string, unknown> = {};
  for (const column of updatable(declaration)) {
    const { name, permit } = column;
    const given = input[name];
    if (given === undefined) continue;
    if (given === null && !column.nullable) throw invalid(`input.${name}`, "It cannot be null.", "NULL");
    // What a client sends back as it read it may be what it could not set.
    if (isDeepStrictEqual(wholeOf(column, given), wholeOf(column, (before as unknown as Values)[name]))) continue;
    patch[name] = checked(tx, column, given, wish);
    if (permit) requirePermit(caller, permit, tx.snapshot, { kind: declaration.kind as InventoryKind, row: before as never });
  }
  return patch;
}

function checked(tx: Transaction, column: Column, value: unknown, wish: Wish): unknown {
  if (value === null) return null;
  const path = `input.${column.name}`;
  if (column.kind === "references") return namedAll(tx, column, value as string[], wish);
  if (column.kind === "reference") needFar(tx, column.reference!, { id: value as string, path }, wish);
  if (column.from !== undefined || column.to !== undefined)
    checkRange(value as number, path, column.from ?? 0, column.to ?? Number.MAX_SAFE_INTEGER);
  const whole = wholeOf(column, value);
  return column.check ? (column.check as (value: unknown, path: string) => unknown)(whole, path) : whole;
}
const wholeOf = ({ kind, type, input = type }: Column, value: unknown) => (kind === "value" ? completed(input(), value) : value);

type Far = NonNullable<Column["reference"]>;
function needFar({ snapshot }: Transaction, { target, needs }: Far, { id, path }: { id: string; path: string }, { caller, seen }: Wish) {
  const kind = target().name as InventoryKind;
  const row = needNamed(seen, kind, { id, path });
  if (needs && !declarationOf(kind).open?.(row)) requirePermit(caller, needs, snapshot, { kind, row });
  return { kind, row };
}

/** No foreign key keeps what stands in a list: whoever removes one of them at the same time is told by the claim. */
function namedAll(tx: Transaction, { name, reference }: Column, ids: readonly string[], wish: Wish): string[] {
  const most = reference!.most!;
  if (ids.length > most) throw invalid(`input.${name}`, `${most} at most.`, "RANGE");
  const wanted = [...new Set(ids)];
  for (const [at, id] of wanted.entries()) {
    const { kind, row } = needFar(tx, reference!, { id, path: `input.${name}.${at}` }, wish);
    tx.claim(kind, row);
  }
  return wanted;
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
