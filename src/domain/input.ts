import { invalid, OvertError } from "../errors.ts";

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
  throw new OvertError("CONFLICT", `It is at version ${row.version}, not ${expected}.`, [
    { code: "VERSION", message: String(row.version), path: "input.version" },
  ]);
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

/** Unique values that are taken, said before the database's unique index would, so that a plan says it too. `ownId` may hold the value itself. */
export function refuseTaken(holders: readonly { id: string }[], path: string, ownId?: string): void {
  if (holders.every(({ id }) => id === ownId)) return;
  throw new OvertError("CONFLICT", "It is taken.", [{ code: "DUPLICATE", message: "It must be unique.", path }]);
}
