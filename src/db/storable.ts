import { getMetadataArgsStorage, type ColumnOptions } from "typeorm";
import { Event } from "../domain/event/event.ts";
import { KINDS, type Kind } from "../domain/kinds.ts";
import { invalid } from "../errors.ts";

/** What `text` holds in MariaDB, in bytes. */
const TEXT_BYTES = 65_535;
/** What `mediumtext` holds is more; this is what an entity may reasonably say in one value. */
const JSON_BYTES = 4 * 1024 * 1024;
const WHOLE = 2 ** 31 - 1;

type Check = (value: unknown) => unknown;
interface Column {
  nullable: boolean;
  /** Gives the value as it will be read back; throws a text when it cannot be stored. */
  check: Check;
}

const refuse = (why: string): never => {
  throw why;
};
/** Lone surrogates and NUL do not survive in both databases. */
const textWithin =
  (within: (text: string) => boolean, limit: string): Check =>
  (value) =>
    typeof value !== "string" || !value.isWellFormed() || value.includes("\0")
      ? refuse("Must be text without NUL.")
      : within(value)
        ? value
        : refuse(`Must not be longer than ${limit}.`);
const numberWithin =
  (within: (value: unknown) => boolean, what: string): Check =>
  (value) =>
    within(value) ? (value === 0 ? 0 : value) : refuse(`Must be ${what}.`);

const asJson: Check = (value) => {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return refuse("Must be a value.");
  return Buffer.byteLength(text) <= JSON_BYTES ? JSON.parse(text) : refuse(`Must not be longer than ${JSON_BYTES} bytes.`);
};

function checkOf({ type, length }: ColumnOptions): Check {
  const most = Number(length);
  if (type === "varchar") return textWithin((text) => text.length <= most || [...text].length <= most, `${most} characters`);
  if (type === "text") return textWithin((text) => Buffer.byteLength(text) <= TEXT_BYTES, `${TEXT_BYTES} bytes`);
  if (type === "integer")
    return numberWithin((value) => Number.isInteger(value) && Math.abs(value as number) <= WHOLE, "a whole number of 32 bits");
  if (type === "bigint") return numberWithin(Number.isSafeInteger, "a whole number up to 2^53-1");
  if (type === "double") return numberWithin(Number.isFinite, "a number");
  if (type === "boolean") return (value) => (typeof value === "boolean" ? value : refuse("Must be true or false."));
  if (type === "datetime") return (value) => (value instanceof Date && isYearOf4Digits(value) ? value : refuse("Must be a point in time."));
  if (type === "simple-json") return asJson;
  throw new Error(`no check for columns of type ${String(type)}`);
}
const isYearOf4Digits = (date: Date) => date.getUTCFullYear() >= 1000 && date.getUTCFullYear() <= 9999;

const columnsOf = (entity: new () => object): ReadonlyMap<string, Column> =>
  new Map(
    getMetadataArgsStorage()
      .filterColumns(entity)
      .map(({ propertyName, options }) => [propertyName, { nullable: options.nullable ?? false, check: checkOf(options) }]),
  );
const columns = new Map(Object.entries(KINDS).map(([kind, entity]) => [kind as Kind, columnsOf(entity)]));

function storableValue(name: string, { nullable, check }: Column, value: unknown): unknown {
  try {
    return value === null && nullable ? null : check(value);
  } catch (why) {
    // It came with an input: what hosts tell was made to fit.
    throw typeof why === "string" ? invalid(`input.${name}`, why) : why;
  }
}

/**
 * A whole row in the form in which it will be read back: what is absent is null, what is no column is left out.
 * Throws INVALID with the column of the input as path for what does not fit; SQLite would take it, MariaDB refuse it in words of its own.
 */
export function storableRow(kind: Kind, row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const stored: Record<string, unknown> = {};
  for (const [name, column] of columns.get(kind)!) stored[name] = storableValue(name, column, row[name] ?? null);
  return stored;
}

/** As `storableRow`, for the columns that a patch gives; undefined is not given. */
export function storablePatch(kind: Kind, patch: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const stored: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(patch)) {
    const column = columns.get(kind)!.get(name);
    if (column && value !== undefined) stored[name] = storableValue(name, column, value);
  }
  return stored;
}

const DESCRIPTION_LENGTH = Number(
  getMetadataArgsStorage()
    .filterColumns(Event)
    .find(({ propertyName }) => propertyName === "description")!.options.length,
);

/** An event's words, cut to what its column holds: a long name must not make the verb fail. */
export function storableWords(words: string): string {
  const sound = words.toWellFormed().replaceAll("\0", "");
  return sound.length <= DESCRIPTION_LENGTH ? sound : `${sound.slice(0, DESCRIPTION_LENGTH - 1).toWellFormed()}…`;
}
