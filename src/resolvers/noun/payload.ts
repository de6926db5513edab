import { ArgsType, Directive, Field, Float, getMetadataStorage, ID, Int, ObjectType, type ClassType } from "type-graphql";
import { CommandMode, type Outcome, type Request } from "../../domain/command.ts";
import { Host } from "../../domain/host/host.ts";
import { Job } from "../../domain/job/job.ts";
import type { Change } from "../../domain/journal/entry.ts";
import { EntityKind, isToldKind, KINDS, type InventoryKind, type ListedKind, type ToldKind } from "../../domain/kinds.ts";
import { showsRow } from "../../domain/access/view.ts";
import { capital, declarationOf } from "../../domain/noun/declaration.ts";
import type { AnyVerb, Asked, Risk } from "../../domain/noun/verb.ts";
import { requireCaller, type Context } from "../context.ts";

@ObjectType({ description: "One entity that would change." })
class PlannedChange {
  @Field(() => EntityKind, { description: "What it is." }) kind: keyof typeof EntityKind;
  @Field(() => ID, { description: "Of an entity that does not exist yet: not yet its id." }) id: string;
  @Field(() => String, { nullable: true, description: "Null for what has no name." }) name: string | null;
  @Field({ description: "CREATED, UPDATED or DELETED." }) operation: string;
  @Field(() => [String], { description: "Columns that would get another value." }) fields: readonly string[];
}

@ObjectType({ description: "Why not." })
class PlannedRefusal {
  @Field(() => ID, { nullable: true, description: "The host it is about; null when it is about the whole request." }) hostId?:
    string | undefined;
  @Field({ description: "Stable, for programs." }) code: string;
  @Field({ description: "For people." }) message: string;
  @Field(() => String, { nullable: true, description: "The argument or input field it is about, e.g. `input.name`." }) path?:
    string | undefined;
}

@ObjectType({ description: "A host that could take the VM." })
class PlannedPlacement {
  @Field(() => Host, { description: "The host." }) host: Host;
  @Field(() => Float, { description: "Higher is better; the first is chosen." }) score: number;
}

@ObjectType({ description: "What APPLY would do now." })
export class CommandPlan {
  @Field(() => [PlannedChange], { description: "Everything that would get another value, be made or be removed." })
  changes: PlannedChange[];
  @Field(() => [PlannedRefusal], { description: "Not empty = APPLY would be refused." }) refusals: readonly PlannedRefusal[];
  @Field(() => [PlannedPlacement], { description: "Best first; empty for verbs that place nothing." }) placement: PlannedPlacement[];
  @Field(() => Int, { nullable: true, description: "Longest stand-still of a guest, in ms." }) downtime: number | null;
}

@ArgsType()
export class RequestArgs implements Request {
  @Field(() => CommandMode, { defaultValue: CommandMode.APPLY, description: "Whether to do it, or only to tell what would be done." })
  mode: CommandMode;
  @Field(() => String, { nullable: true, description: "The same key of the same user within a day gives the first answer again." })
  idempotencyKey?: string | null;
}

/** The payload type of a verb: `{ job plan <noun> }`, and what it answers beside. */
export function payloadType({ name, kind, payload }: AnyVerb): ClassType {
  const { entity, field } = declarationOf(kind);
  @ObjectType(`${capital(name)}Payload`, { description: `Answer of \`${name}\`.` })
  class Payload {
    @Field(() => Job, { nullable: true, description: "Null in PLAN mode, and where nothing had to be waited for." }) job: Job | null;
    @Field(() => CommandPlan, { nullable: true, description: "In PLAN mode only." }) plan: CommandPlan | null;
  }
  Field(() => entity, { nullable: true, description: "Null in PLAN mode." })(Payload.prototype, field);
  for (const [more, { type, description }] of Object.entries(payload))
    Field(type as () => typeof String, { nullable: true, description })(Payload.prototype, more);
  return Payload;
}

/** How much harm a mutation can do. */
export const RiskOf = (level: Risk): MethodDecorator => Directive(`@risk(level: ${level})`) as MethodDecorator;

/** The body of every mutation: one verb, and its outcome as payload. Reads after it see what it wrote. */
export async function act(context: Context, verb: AnyVerb, asked: Asked): Promise<Record<string, unknown>> {
  const { entity, plan, ...more } = await verb.run(context.engine, requireCaller(context), asked);
  context.repin();
  return { ...more, [declarationOf(verb.kind as string).field]: entity, plan: plan && planPayload(context, plan) };
}

/** Fields of a kind in the public schema, by name. */
const publicFields = new Map<ToldKind, ReadonlySet<string>>();

function publicFieldsOf(kind: ToldKind): ReadonlySet<string> {
  const known = publicFields.get(kind);
  if (known) return known;
  const { fields, fieldResolvers } = getMetadataStorage();
  const own = fields.filter(({ target }) => target === KINDS[kind]);
  const resolved = fieldResolvers.filter(({ getObjectType }) => getObjectType?.() === KINDS[kind]);
  const names = new Set([...own, ...resolved].map(({ schemaName }) => schemaName));
  publicFields.set(kind, names);
  return names;
}

/** Columns that can be read as fields; `hostId` as `host`. The version grows with every change. */
export function told(kind: ToldKind, columns: readonly string[]): string[] {
  const names = publicFieldsOf(kind);
  const isTold = (name: string) =>
    [name, name.replace(/Id$/, ""), name.replace(/Ids$/, "s"), name.replace(/Values$/, "")].some((each) => names.has(each));
  return columns.filter((name) => name !== "version" && isTold(name));
}

/** Jobs are told as the job that the verb answers. */
const isPlanned = (change: Change): change is Change<ListedKind> =>
  isToldKind(change.kind) && change.kind !== "Job" && change.kind !== "Step";

export const planPayload = (context: Context, plan: NonNullable<Outcome<InventoryKind>["plan"]>): CommandPlan => ({
  changes: plan.changes
    .filter(isPlanned)
    .filter(({ kind, row, operation }) => operation === "CREATED" || showsRow(context.snapshot, kind, row))
    .map(({ kind, id, operation, fields, row }) => ({
      kind,
      id,
      operation,
      fields: told(kind, fields),
      name: "name" in row ? row.name : null,
    }))
    // What was only claimed does not change.
    .filter(({ operation, fields }) => operation !== "UPDATED" || fields.length > 0),
  refusals: plan.refusals.filter(({ hostId }) => hostId === undefined || context.snapshot.get("Host", hostId)),
  placement: plan.placement.flatMap(({ hostId, score }) => {
    const host = context.snapshot.get("Host", hostId);
    return host ? [{ host, score }] : [];
  }),
  downtime: plan.downtime,
});
