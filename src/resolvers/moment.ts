import { defaultFieldResolver, isObjectType, type GraphQLField, type GraphQLResolveInfo, type GraphQLSchema } from "graphql";
import { pastViewOf } from "../domain/access/pastView.ts";
import { cursorAt, NotRecalled, openPast, type Past } from "../domain/journal/past.ts";
import { LIMITS, tooExpensive } from "./cost/limits.ts";
import type { Context } from "./context.ts";

/** An operation's reads at another moment, for all that stands below one field of its root. */
export interface Moment {
  context: Context;
  recall: Past["recall"];
}

/**
 * Makes `asOf` of a root query hold for everything below it: resolvers are given a context of that moment, and asked again
 * when it had to be read first. No resolver knows of it.
 */
export function followMoments(schema: GraphQLSchema): GraphQLSchema {
  const query = schema.getQueryType();
  for (const type of Object.values(schema.getTypeMap()))
    if (isObjectType(type) && !type.name.startsWith("__"))
      for (const field of Object.values(type.getFields())) follow(field as GraphQLField<unknown, Context>, type === query);
  return schema;
}

function follow(field: GraphQLField<unknown, Context>, isRoot: boolean): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  const begins = isRoot && field.args.some(({ name }) => name === "asOf");
  field.resolve = (source, args: Record<string, unknown>, context, info) => {
    if (begins && args["asOf"]) return begin(context, info, args["asOf"] as Date).then((moment) => ask(moment, source, args, info));
    const moment = context.moments?.size ? context.moments.get(rootOf(info)) : undefined;
    return moment ? ask(moment, source, args, info) : (resolve(source, args, context, info) as unknown);
  };
  const ask = async ({ context, recall }: Moment, source: unknown, args: object, info: GraphQLResolveInfo): Promise<unknown> => {
    for (;;)
      try {
        return await (resolve(source, args, context, info) as unknown);
      } catch (error) {
        if (!(error instanceof NotRecalled)) throw error;
        await recall(error);
      }
  };
}

function rootOf({ path }: GraphQLResolveInfo): string {
  let at = path;
  while (at.prev) at = at.prev;
  return String(at.key);
}

async function begin(context: Context, info: GraphQLResolveInfo, at: Date): Promise<Moment> {
  const { reader } = context.engine.database;
  const { snapshot: now, whole, budget } = context;
  const spend = (rows: number): void => {
    budget.scan(rows);
    if (!budget.scannable) throw tooExpensive("more of the history to read", LIMITS.scan, "HISTORY");
  };
  const { snapshot, recall } = openPast(reader, whole, { cursor: await cursorAt(reader, at, "asOf"), spend });
  const past = { snapshot: pastViewOf(snapshot, now), whole: snapshot, isPast: true };
  const own = Object.fromEntries(Object.entries(past).map(([name, value]) => [name, { value }]));
  const moment = { context: Object.create(context, own) as Context, recall };
  context.moments.set(rootOf(info), moment);
  return moment;
}
