import { ArgsType, Field, Int, ObjectType, type ClassType } from "type-graphql";
import { LessThan, type EntityManager, type FindOptionsWhere } from "typeorm";
import { Event } from "../domain/event/event.ts";
import { checkRange } from "../domain/input.ts";
import { Job } from "../domain/job/job.ts";
import { invalid } from "../errors.ts";
import { DEFAULT_PAGE, MAX_PAGE } from "./connection.ts";
import type { Context } from "./context.ts";
import { compileSearch } from "./search.ts";

/** Lists that are in the database only, newest first: jobs and events. */

@ArgsType()
export class HistoryArgs {
  @Field(() => Int, { nullable: true, description: `How many at most; ${DEFAULT_PAGE} unless said, ${MAX_PAGE} at most.` }) first?:
    number | null;
  @Field(() => String, { nullable: true, description: "Cursor after which to begin." }) after?: string | null;
}
@ArgsType()
export class EventHistoryArgs extends HistoryArgs {
  @Field(() => String, { nullable: true, description: "oVirt's search language, e.g. `severity = error and vm = web1`." }) search?:
    string | null;
}

@ObjectType({ description: "Whether the list goes on." })
class HistoryPageInfo {
  @Field() hasNextPage: boolean;
  @Field(() => String, { nullable: true }) endCursor: string | null;
}
interface HistoryPage<T> {
  nodes: T[];
  pageInfo: HistoryPageInfo;
}

function historyType(name: string, node: ClassType): ClassType<HistoryPage<unknown>> {
  @ObjectType(`${name}Connection`, { description: "A page of a history, newest first." })
  class Connection {
    @Field(() => [node]) nodes: object[];
    @Field(() => HistoryPageInfo) pageInfo: HistoryPageInfo;
  }
  return Connection as ClassType<HistoryPage<unknown>>;
}
export const JobConnection = historyType("Job", Job);
export const EventConnection = historyType("Event", Event);

/** Rows are ordered by the first column and, among equals, by the second. */
interface History<T extends object> {
  entity: new () => T;
  columns: readonly [keyof T & string, keyof T & string];
}
const JOBS: History<Job> = { entity: Job, columns: ["startTime", "id"] };
const EVENTS: History<Event> = { entity: Event, columns: ["cursor", "number"] };

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
function decode(after: string): [string | number, string | number] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(after, "base64url").toString());
    if (Array.isArray(parsed) && parsed.length === 2) return parsed as [string | number, string | number];
  } catch {
    // Falls through to the one answer for every text that is no cursor.
  }
  throw invalid("after", "Not a cursor of this list.", "CURSOR");
}

const keyOf = <T extends object>({ columns: [first, second] }: History<T>, row: T) => encode([row[first], row[second]]);

function read<T extends object>(
  reader: EntityManager,
  { entity, columns: [first, second] }: History<T>,
  after: string | null,
  take: number,
): Promise<T[]> {
  const [a, b] = after === null ? [] : decode(after);
  const value = first === "startTime" && typeof a === "string" ? new Date(a) : a;
  const where =
    after === null ? undefined : ([{ [first]: LessThan(value) }, { [first]: value, [second]: LessThan(b) }] as FindOptionsWhere<T>[]);
  return reader.find(entity, { ...(where && { where }), order: { [first]: "DESC", [second]: "DESC" } as never, take });
}

/** At most `limit` rows that pass the test; reads on while there are more. */
async function collect<T extends object>(
  reader: EntityManager,
  history: History<T>,
  { after, limit, matches }: { after: string | null; limit: number; matches: (row: T) => boolean },
) {
  const nodes: T[] = [];
  let position = after;
  for (;;) {
    const rows = await read(reader, history, position, limit + 1);
    for (const row of rows) {
      if (!matches(row)) continue;
      if (nodes.length === limit) return { nodes, hasNextPage: true };
      nodes.push(row);
    }
    if (rows.length <= limit) return { nodes, hasNextPage: false };
    position = keyOf(history, rows.at(-1)!);
  }
}

async function pageOfHistory<T extends object>(
  context: Context,
  history: History<T>,
  args: HistoryArgs,
  matches: (row: T) => boolean,
): Promise<HistoryPage<T>> {
  const limit = checkRange(args.first ?? DEFAULT_PAGE, "first", 1, MAX_PAGE);
  const { nodes, hasNextPage } = await collect(context.engine.database.reader, history, { after: args.after ?? null, limit, matches });
  const last = nodes.at(-1);
  return { nodes, pageInfo: { hasNextPage, endCursor: last ? keyOf(history, last) : null } };
}

/** Throws INVALID for a page that is too large or a foreign cursor. */
export const jobPage = (context: Context, args: HistoryArgs) => pageOfHistory(context, JOBS, args, () => true);

/** As `jobPage`; throws INVALID also for a search that cannot be understood. */
export function eventPage(context: Context, args: EventHistoryArgs) {
  const search = args.search ? compileSearch("Event", args.search) : null;
  return pageOfHistory(context, EVENTS, args, (event) => !search || search.matches(event, context.snapshot));
}
