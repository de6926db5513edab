import { In, IsNull, LessThan, Not, type EntityManager } from "typeorm";
import { ChangeRow } from "../../db/tables.ts";
import { KIND_NAMES, KINDS, LISTED_KINDS, type Kind } from "../kinds.ts";
import { columnsOf } from "../noun/columns.ts";
import type { Change } from "./entry.ts";

/**
 * What hosts tell of an object changes often, and its configuration hardly ever: a change of nothing but that is journaled
 * without the configuration, which the last change before it has that was journaled whole.
 */
type Row = Readonly<Record<string, unknown>>;

const OBSERVED: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  KIND_NAMES.map((kind): [Kind, Set<string>] => [
    kind,
    new Set(
      columnsOf(KINDS[kind])
        .filter(({ observed }) => observed)
        .map(({ name }) => name),
    ),
  ]).filter(([, names]) => names.size > 0),
);

/** The part that is journaled of a change; null = the whole row. */
export function partOf({ kind, operation, fields, row }: Change): Row | null {
  const observed = OBSERVED.get(kind);
  if (!observed || operation !== "UPDATED" || !fields.every((name) => name === "version" || observed.has(name))) return null;
  const values = row as unknown as Row;
  return Object.fromEntries(["id", "version", ...observed].map((name) => [name, values[name]]));
}

/** The whole rows of changes that follow each other, without anything left out, as they were read. */
export async function wholeRows(manager: EntityManager, changes: readonly ChangeRow[]): Promise<Row[]> {
  const known = await rowsBefore(manager, changes);
  return changes.map(({ entityId, part, row }) => {
    const whole = part ? { ...known.get(entityId), ...row } : row;
    known.set(entityId, whole);
    return whole;
  });
}

/** What is missing at the first change of each object. */
async function rowsBefore(manager: EntityManager, changes: readonly ChangeRow[]): Promise<Map<string, Row>> {
  const firsts = new Map(changes.toReversed().map((change) => [change.entityId, change]));
  const missing = [...firsts.values()].filter(({ part }) => part);
  const before = await Promise.all(missing.map(({ entityId, cursor }) => lastWhole(manager, entityId, cursor)));
  return new Map(before.flatMap((change) => (change ? [[change.entityId, change.row]] : [])));
}

const lastWhole = (manager: EntityManager, entityId: string, before: number): Promise<ChangeRow | null> =>
  manager.findOne(ChangeRow, { where: { entityId, cursor: LessThan(before), part: IsNull() }, order: { cursor: "DESC" } });

/**
 * Forgets the changes up to `to`, but for what tells how each object was then, so that what came after can be compared with it:
 * its last whole change, and the last part after that. They stay until others take their place.
 */
export async function forgetChanges(manager: EntityManager, from: number, to: number): Promise<void> {
  const range = "cursor BETWEEN :from AND :to";
  const last = await manager
    .createQueryBuilder(ChangeRow, "change")
    .select(["change.entityId AS entityId", "MAX(change.cursor) AS last"])
    .addSelect("MAX(CASE WHEN change.part IS NULL THEN change.cursor END)", "whole")
    .where(`change.${range}`, { from, to })
    .andWhere({ kind: In([...LISTED_KINDS]) })
    .groupBy("change.entityId")
    .getRawMany<{ entityId: string; last: number | string; whole: number | string | null }>();
  for (const { entityId, last: cursor, whole } of last) {
    await manager.delete(ChangeRow, { entityId, cursor: LessThan(Number(cursor)), part: true });
    if (whole === null) continue;
    await manager.delete(ChangeRow, { entityId, cursor: LessThan(Number(whole)) });
    await manager.delete(ChangeRow, { entityId, cursor: Number(whole), operation: "DELETED" });
  }
  await manager
    .createQueryBuilder()
    .delete()
    .from(ChangeRow)
    .where(range, { from, to })
    .andWhere({ kind: Not(In([...LISTED_KINDS])) })
    .execute();
}
