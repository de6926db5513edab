import { invalid } from "../../errors.ts";
import type { OrderedRows } from "./rows.ts";

/** Place of a row in an ordered list: the value it is ordered by, then its id. */
export interface Key {
  value: string | number | Date | null;
  id: string;
}
/** Null first, as in the inventory's indexes; then by code units or by number; then by id. */
export function compareKeys(a: Key, b: Key): number {
  if (a.value === null || b.value === null) {
    if (a.value !== b.value) return a.value === null ? -1 : 1;
  } else if (a.value < b.value) return -1;
  else if (a.value > b.value) return 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** Opaque to clients; names the order, so that it is not mistaken for a place in another one. */
export function encodeKey(field: string, { value, id }: Key): string {
  return Buffer.from(JSON.stringify([field, value instanceof Date ? value.getTime() : value, id])).toString("base64url");
}

/** Throws INVALID. */
export function decodeKey(path: string, field: string, cursor: string): Key {
  const parts = parse(Buffer.from(cursor, "base64url").toString());
  const fits = Array.isArray(parts) && parts.length === 3 && parts[0] === field && typeof parts[2] === "string";
  const value: unknown = fits ? parts[1] : undefined;
  if (!fits || !(value === null || typeof value === "string" || typeof value === "number"))
    throw invalid(path, "Not a cursor of this list in this order.", "CURSOR");
  return { value, id: parts[2] };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

interface Bounds {
  after: Key | undefined;
  before: Key | undefined;
  limit: number;
  /** Rows to leave out at the start. */
  skip: number;
  /** From the back; the rows still come in the list's order. */
  backwards: boolean;
}

/** At most `limit` rows between the two places. */
export function pageFrom<R>(rows: OrderedRows<R>, { after, before, limit, skip, backwards }: Bounds): R[] {
  const found: R[] = [];
  const [start, stop] = backwards ? [before, after] : [after, before];
  let left = skip;
  for (const row of rows.walk(start, backwards)) {
    if (found.length === limit) break;
    const ahead = stop ? rows.compare(rows.keyOf(row), stop) : backwards ? 1 : -1;
    if (backwards ? ahead <= 0 : ahead >= 0) break;
    if (left-- > 0) continue;
    found.push(row);
  }
  return backwards ? found.reverse() : found;
}
