import { Between, LessThan, type EntityManager } from "typeorm";
import { ChangeRow, JournalRow } from "../../db/tables.ts";
import { OvertError } from "../../errors.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import { cursorAt, rowsAt } from "../journal/past.ts";
import { wholeRows } from "../journal/parts.ts";
import { readHead } from "../journal/read.ts";

type Values = Readonly<Record<string, unknown>>;
/** A change of one object, with its values before and after; `before` is null for a new one, and where it is forgotten. */
export interface ObjectHistory extends Pick<JournalRow, "at" | "userId" | "jobId" | "correlationId" | "cursor"> {
  kind: string;
  operation: string;
  fields: readonly string[];
  before: Values | null;
  after: Values | null;
}
interface Range {
  from: Date | null;
  to: Date | null;
}

/** The entries of a time: after the first number, up to the second. Throws INVALID for a beginning that is forgotten. */
export async function entriesOf(reader: EntityManager, { from, to }: Range): Promise<[number, number]> {
  const { cursor, prunedTo } = await readHead(reader);
  const after = from ? await cursorAt(reader, new Date(from.getTime() - 1), "from") : prunedTo;
  return [Math.max(after, prunedTo), to ? await cursorAt(reader, to, "to") : cursor];
}

/** The newest changes of an object among these entries, `take` at most, newest first. */
export async function objectHistory(
  reader: EntityManager,
  now: Snapshot,
  { id, entries: [after, upTo], take }: { id: string; entries: readonly [number, number]; take: number },
): Promise<ObjectHistory[]> {
  const where = { entityId: id, cursor: Between(after + 1, upTo) };
  const changes = (await reader.find(ChangeRow, { where, order: { cursor: "DESC" }, take })).reverse();
  const [first, last] = [changes[0], changes.at(-1)];
  if (!first || !last) return [];
  const rows = await wholeRows(reader, changes);
  const entries = new Map(
    (
      await reader.findBy(
        JournalRow,
        changes.map(({ cursor }) => ({ cursor })),
      )
    ).map((entry) => [entry.cursor, entry]),
  );
  const earlier = await rowBefore(reader, now, first);
  const told = changes.map((change, index): ObjectHistory | null => {
    const entry = entries.get(change.cursor);
    const { kind, operation, fields } = change;
    const before = index > 0 ? rows[index - 1]! : earlier;
    if (operation === "CREATED") return entry ? { ...entry, kind, operation, fields, before: null, after: rows[index]! } : null;
    const isGone = operation === "DELETED";
    return entry
      ? { ...entry, kind, operation, fields, before: isGone ? rows[index]! : before, after: isGone ? null : rows[index]! }
      : null;
  });
  return told.filter((each) => each !== null).reverse();
}

async function rowBefore(reader: EntityManager, now: Snapshot, { entityId, cursor, operation }: ChangeRow): Promise<Values | null> {
  if (operation === "CREATED") return null;
  try {
    const known = (await rowsAt(reader, now, { ids: [entityId], cursor: cursor - 1 })).get(entityId);
    return (known?.row ?? null) as Values | null;
  } catch (error) {
    if (error instanceof OvertError && error.code === "INVALID") return null;
    throw error;
  }
}

/** The last that is known of an object that is gone. */
export const lastChangeOf = (reader: EntityManager, id: string, before: number): Promise<ChangeRow | null> =>
  reader.findOne(ChangeRow, { where: { entityId: id, cursor: LessThan(before + 1) }, order: { cursor: "DESC" } });
