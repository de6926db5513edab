import type { EntityManager } from "typeorm";
import { nextSlice } from "../../slice.ts";
import type { Budget } from "../cost/budget.ts";
import { LIMITS, tooExpensive } from "../cost/limits.ts";
import type { Pushed } from "../../domain/inventory/search/push.ts";

/** Rows read at once, and what that costs of the budget however few came: so few that the embedded database, which stops everybody, is back within some ms. */
const BATCH = 500;
/** The database looks for what was pushed down in so many entries of the journal at once, for the same reason. */
const WINDOW = 10_000;
/** Rows that one page looks at before it ends early. */
const PAGE_ROWS = 20_000;

/** Where a row is: the values it is ordered by. */
export type Place = readonly [first: number | Date, second: number | string];

/** Rows are ordered by the first column and, among equals, by the second; newest first. */
export interface History<T extends object> {
  readonly entity: new () => T;
  readonly columns: readonly [keyof T & string, keyof T & string];
  /** Whether the first column is the number of a journal entry: then it is looked through in windows. */
  readonly inWindows: boolean;
  placeOf(row: T): Place;
  /** A place as a client gives it back; null when it is none. */
  read(given: [unknown, unknown]): Place | null;
}

interface Wanted<T> {
  after: Place | null;
  limit: number;
  search: { pushed: readonly Pushed[]; fits: (row: T) => boolean } | null;
}
interface Found<T> {
  nodes: T[];
  more: boolean;
  /** Where to go on from; null when there was nothing. */
  place: Place | null;
}
interface Source {
  reader: EntityManager;
  budget: Budget;
}

/** At most `limit` rows that fit. Ends earlier, with `more`, when it has looked at many. Throws TOO_EXPENSIVE when the operation has. */
export async function scan<T extends object>(source: Source, history: History<T>, wanted: Wanted<T>): Promise<Found<T>> {
  if (!source.budget.scannable) throw tooExpensive("looked at too many rows of the history", LIMITS.scan, "SCAN");
  return wanted.search ? search(source, history, { ...wanted, search: wanted.search }) : readOn(source, history, wanted);
}

async function readOn<T extends object>({ reader, budget }: Source, history: History<T>, { after, limit }: Wanted<T>): Promise<Found<T>> {
  await nextSlice();
  const take = limit + 1;
  // Before it is read: other fields of the operation read at the same time.
  budget.scan(take);
  const rows = await read(reader, history, { after, take });
  budget.scan(rows.length - take);
  const nodes = rows.slice(0, limit);
  const last = nodes.at(-1);
  return { nodes, more: rows.length > limit, place: last ? history.placeOf(last) : null };
}

async function search<T extends object>(
  { reader, budget }: Source,
  history: History<T>,
  { after, limit, search: { pushed, fits } }: Wanted<T> & { search: NonNullable<Wanted<T>["search"]> },
): Promise<Found<T>> {
  const nodes: T[] = [];
  const { inWindows } = history;
  let place = after ?? (inWindows ? ([(await newest(reader, history)) + 1, 0] as const) : null);
  for (let looked = 0; ;) {
    // Each read has a turn of its own: the embedded database answers at once, and stops everybody meanwhile.
    await nextSlice();
    if (looked >= PAGE_ROWS || !budget.scannable) return { nodes, more: true, place };
    const from = inWindows ? Math.max(0, Number(place![0]) - WINDOW) : 0;
    budget.scan(BATCH);
    looked += BATCH;
    const rows = await read(reader, history, { after: place, ...(inWindows && { from }), pushed, take: BATCH });
    for (const row of rows) {
      if (!fits(row)) continue;
      if (nodes.length === limit) return { nodes, more: true, place: history.placeOf(nodes.at(-1)!) };
      nodes.push(row);
    }
    const last = rows.length === BATCH ? rows.at(-1) : undefined;
    if (!last && from === 0) return { nodes, more: false, place: nodes.length > 0 ? history.placeOf(nodes.at(-1)!) : null };
    place = last ? history.placeOf(last) : [from, 0];
  }
}

interface Range {
  after: Place | null;
  /** Smallest value of the first column. */
  from?: number;
  pushed?: readonly Pushed[];
  take: number;
}

function read<T extends object>(
  reader: EntityManager,
  { entity, columns: [first, second] }: History<T>,
  { after, from, pushed = [], take }: Range,
): Promise<T[]> {
  const query = reader.createQueryBuilder(entity, "item");
  // So written, and not by two alternatives, the range is one of the index.
  if (after)
    query.where(`item.${first} <= :first AND (item.${first} < :first OR item.${second} < :second)`, { first: after[0], second: after[1] });
  if (from !== undefined) query.andWhere(`item.${first} >= :from`, { from });
  for (const { sql, parameters } of pushed) query.andWhere(`(${sql})`, parameters);
  return query.orderBy(`item.${first}`, "DESC").addOrderBy(`item.${second}`, "DESC").limit(take).getMany();
}

async function newest<T extends object>(reader: EntityManager, { entity, columns: [first] }: History<T>): Promise<number> {
  const row = await reader.createQueryBuilder(entity, "item").select(`MAX(item.${first})`, "newest").getRawOne<{ newest: unknown }>();
  return Number(row?.newest ?? 0);
}
