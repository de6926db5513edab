import { In, IsNull, LessThan, type EntityManager } from "typeorm";
import { ChangeRow } from "../../db/tables.ts";
import { KIND_NAMES, KINDS, type Kind } from "../kinds.ts";
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
/** Kinds that have both. */
const KINDS_IN_PARTS = [...OBSERVED.keys()];

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
 * Forgets the changes up to `to`, but for the last whole one of each object that may have parts behind it: that stays until
 * another one takes its place, one for each object at most.
 */
export async function forgetChanges(manager: EntityManager, from: number, to: number): Promise<void> {
  const range = "cursor BETWEEN :from AND :to";
  const last = await manager
    .createQueryBuilder(ChangeRow, "change")
    .select(["change.entityId AS entityId", "MAX(change.cursor) AS last"])
    .where(`change.${range}`, { from, to })
    .andWhere({ kind: In(KINDS_IN_PARTS), part: IsNull() })
    .groupBy("change.entityId")
    .getRawMany<{ entityId: string; last: number | string }>();
  for (const { entityId, last: cursor } of last) {
    await manager.delete(ChangeRow, { entityId, cursor: LessThan(Number(cursor)) });
    await manager.delete(ChangeRow, { entityId, cursor: Number(cursor), operation: "DELETED" });
  }
  await manager
    .createQueryBuilder()
    .delete()
    .from(ChangeRow)
    .where(range, { from, to })
    .andWhere("(kind NOT IN (:...kinds) OR part IS NOT NULL)", { kinds: KINDS_IN_PARTS })
    .execute();
}
