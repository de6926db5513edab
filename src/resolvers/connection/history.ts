import { ArgsType, Field, Int } from "type-graphql";
import { Event } from "../../domain/event/event.ts";
import { showsEvent, showsJob } from "../../domain/access/view.ts";
import { checkRange } from "../../domain/input.ts";
import { Job } from "../../domain/job/job.ts";
import { invalid } from "../../errors.ts";
import { DEFAULT_PAGE, historyType, MAX_PAGE, type HistoryPage } from "./connection.ts";
import type { Context } from "../context.ts";
import { scan, type History, type Place } from "./scan.ts";
import { compileSearch } from "../../domain/inventory/search/search.ts";
import { pushedDown } from "../../domain/inventory/search/push.ts";

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

const DESCRIPTION = "A page of a history, newest first. How long it is would take reading all of it, so it is not counted.";
export const JobConnection = historyType("Job", Job, DESCRIPTION);
export const EventConnection = historyType("Event", Event, DESCRIPTION);

const isWhole = (value: unknown): value is number => typeof value === "number" && Number.isSafeInteger(value);

const JOBS: History<Job> = {
  entity: Job,
  inWindows: false,
  columns: ["startTime", "id"],
  placeOf: ({ startTime, id }) => [startTime, id],
  read([first, second]) {
    const at = new Date(typeof first === "string" ? first : Number.NaN);
    return Number.isNaN(at.getTime()) || typeof second !== "string" ? null : [at, second];
  },
};
const EVENTS: History<Event> = {
  entity: Event,
  inWindows: true,
  columns: ["cursor", "number"],
  placeOf: ({ cursor, number }) => [cursor, number],
  read: ([first, second]) => (isWhole(first) && isWhole(second) ? [first, second] : null),
};

const encode = (place: Place): string => Buffer.from(JSON.stringify(place)).toString("base64url");

/** Throws INVALID. */
function decode({ read }: Pick<History<object>, "read">, after: string): Place {
  const parsed = json(Buffer.from(after, "base64url").toString());
  const place = Array.isArray(parsed) && parsed.length === 2 ? read(parsed as [unknown, unknown]) : null;
  if (!place) throw invalid("after", "Not a cursor of this list.", "CURSOR");
  return place;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Throws INVALID for a page that is too large or a foreign cursor, TOO_EXPENSIVE when the operation has looked at enough. */
export async function jobPage(context: Context, args: HistoryArgs): Promise<HistoryPage<Job>> {
  const { snapshot, whole } = context;
  const fits = (job: Job) => showsJob(snapshot, job);
  return pageOf(context, JOBS, args, snapshot === whole ? null : { pushed: [], fits });
}

/** As `jobPage`; throws INVALID also for a search that cannot be understood. */
export async function eventPage(context: Context, args: EventHistoryArgs): Promise<HistoryPage<Event>> {
  const search = args.search ? compileSearch("Event", args.search) : null;
  const { snapshot, whole } = context;
  const fits = (event: Event) => showsEvent(snapshot, event) && (!search || search.matches(event, snapshot));
  const isAll = !search && snapshot === whole;
  return pageOf(context, EVENTS, args, isAll ? null : { pushed: search ? pushedDown(search, snapshot) : [], fits });
}

async function pageOf<T extends object>(
  { engine, budget }: Context,
  history: History<T>,
  { first, after }: HistoryArgs,
  search: Parameters<typeof scan<T>>[2]["search"],
): Promise<HistoryPage<T>> {
  const limit = checkRange(first ?? DEFAULT_PAGE, "first", 1, MAX_PAGE);
  const wanted = { after: after ? decode(history, after) : null, limit, search };
  const { nodes, more, place } = await scan({ reader: engine.database.reader, budget }, history, wanted);
  const edges = nodes.map((node) => ({ cursor: encode(history.placeOf(node)), node }));
  const endCursor = place && encode(place);
  const pageInfo = { hasNextPage: more, hasPreviousPage: wanted.after !== null, startCursor: edges[0]?.cursor ?? null, endCursor };
  return { nodes, edges, pageInfo };
}
