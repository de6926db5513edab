import { invalid, OvertError, refusedAt } from "../errors.ts";
import type { Snapshot } from "./inventory/snapshot.ts";
import type { InventoryKind, RowOf } from "./kinds.ts";

/** Checks that several verbs share. All throw INVALID with the field's path. */

const NAME = /^(?:[\p{L}\p{N}]\p{M}*|[._-])+$/u;
const TELLING = /[\p{L}\p{N}]/u;

/**
 * oVirt's rule for names, in every script: letters (with their marks), digits, `.`, `_`, `-`; 1 to 255 of them, one letter
 * or digit at least. Answers the name as it is stored and compared: composed (NFC).
 */
export function checkName(given: string, path = "input.name"): string {
  const name = given.length > 1_000 ? given : given.normalize("NFC");
  if ([...name].length > 255 || !NAME.test(name) || !TELLING.test(name))
    throw invalid(path, "1 to 255 letters, digits, dots, dashes or underscores, with a letter or digit among them.", "NAME");
  return name;
}

export function checkRange(value: number, path: string, from: number, to: number): number {
  if (!Number.isSafeInteger(value) || value < from || value > to) throw invalid(path, `A whole number from ${from} to ${to}.`, "RANGE");
  return value;
}

/** Optimistic locking: refuses an update that was made with an older state in view. */
export function expectVersion(row: { id: string; version: number }, expected: number | null | undefined): void {
  if (expected === null || expected === undefined || expected === row.version) return;
  throw refusedAt("input.version", "CONFLICT", { code: "VERSION", message: `It is at version ${row.version}, not ${expected}.` });
}

/** Removal is refused while others refer to it. */
export function refuseWhileUsed({ kind, words }: Users, users: readonly { id: string; name?: string }[]): void {
  if (users.length === 0) return;
  const about = users.map(({ id }) => ({ kind, id }));
  const reasons = users.slice(0, 10).map(({ id, name = id }) => ({ code: "IN_USE", message: `${words} ${name}`, about: { kind, id } }));
  const message = `It is in use by ${users.length} ${words}${users.length === 1 ? "" : "s"}.`;
  throw new OvertError("CONFLICT", message, reasons, { about, discreet: "It is in use." });
}
interface Users {
  kind: string;
  /** What one is called. */
  words: string;
}

interface Unique {
  value: string;
  holders: readonly { id: string }[];
  path: string;
  /** May hold the value itself. */
  ownId?: string | undefined;
  /** By what it is taken. */
  by: string;
}
/** Unique values that are taken, said before the database's unique index would, so that a plan says it too. Throws CONFLICT, reason DUPLICATE. */
export function refuseTaken({ value, holders, path, ownId, by }: Unique): void {
  if (holders.every(({ id }) => id === ownId)) return;
  throw refusedAt(path, "CONFLICT", { code: "DUPLICATE", message: `${value} is taken by ${by}.` });
}

/** What an input names by its id, out of what the caller sees. Throws NOT_FOUND, reason UNKNOWN_ID. */
export function needNamed<K extends InventoryKind>(
  seen: Pick<Snapshot, "get">,
  kind: K,
  { id, path }: { id: string; path: string },
): RowOf<K> {
  const row = seen.get(kind, id);
  if (row) return row;
  throw refusedAt(path, "NOT_FOUND", { code: "UNKNOWN_ID", message: `${kind} ${id} does not exist.` });
}
