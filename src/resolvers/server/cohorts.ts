import { createHash } from "node:crypto";
import { execute, getArgumentValues, getVariableValues, Kind, type FieldNode, type SelectionSetNode } from "graphql";
import type { Logger } from "pino";
import type { Journal } from "../../domain/journal/journal.ts";
import { createSharedContext, requireCaller, type Context } from "../context.ts";
import type { Position } from "../subscriptions/cursor.ts";
import type { Feed, FeedMessage } from "../subscriptions/feed.ts";
import { circleOf, circleOfEqual, type Circle } from "./audience.ts";
import { clientError, goneError } from "./errors.ts";
import { createShelf, type Shelf } from "./chapters.ts";
import { createJournalCohort } from "./journalCohort.ts";
import { createLatestCohort } from "./latestCohort.ts";
import { RequestErrors, type Operation } from "./operation.ts";
import { createStatisticsCohort } from "./statisticsCohort.ts";

/** One subscription of one client. */
interface Subscriber {
  /** Whose it is. */
  userId: string;
  /** Sends a payload that others are sent too. */
  send(payload: Buffer): void;
  blocked(): boolean;
  drained(): Promise<void>;
  /** Nothing more will come. */
  complete(): void;
  /** It cannot go on. */
  fail(error: unknown): void;
}
/** Clients that asked the same and see the same: what they get is worked out once. */
export interface Cohort {
  /** The answer takes the member out again. */
  join(member: Member, feed: Feed): () => void;
}
export interface Member extends Subscriber {
  /** His rights changed, and the cohort has let him go: he goes on alone, from where he is. */
  parted(position?: Position): void;
}
/** How messages become what is sent. */
export interface Rendering {
  audience: Circle;
  render: Render;
}
/** Executes the operation for a message, and serializes the answer. */
type Render = (message: FeedMessage) => Promise<Buffer>;

export interface Cohorts {
  /** Throws what the feed throws. The answer takes the subscriber out again. */
  subscribe(operation: Operation, context: Context, subscriber: Subscriber): Promise<() => void>;
  readonly size: number;
}

export function createCohorts(log: Logger): Cohorts {
  const cohorts = new Map<string, Cohort>();
  const shelf = createShelf();
  return {
    get size() {
      return cohorts.size;
    },
    async subscribe(operation, context, subscriber) {
      const { field, args } = rootField(operation);
      const { subscribe } = operation.schema.getSubscriptionType()!.getFields()[field.name.value]!;
      const feed = (await subscribe!(undefined, args, context, undefined as never)) as Feed;
      const { journal } = context.engine;
      const cohortOf = (circle: Circle): Cohort => {
        const key = keyOf(operation, field, circle.key);
        const known = cohorts.get(key);
        if (known) return known;
        const ended = () => void cohorts.delete(key);
        const parts = { audience: circle, render: renderer(operation, circle, { context, log }), ended };
        const cohort = createCohort(journal, feed, { ...parts, shelf: shelf.of(key) });
        cohorts.set(key, cohort);
        return cohort;
      };
      const { userId } = subscriber;
      const alone: Member = { ...subscriber, parted: () => undefined };
      const parted = (position?: Position) => {
        const rest = feed.kind === "journal" ? { ...feed, start: position ?? feed.start } : feed;
        leave = cohortOf(circleOf(journal, userId)).join(alone, rest);
      };
      const caller = requireCaller(context);
      let leave = caller.grants.seesAll
        ? cohortOf(circleOfEqual(journal, caller)).join({ ...subscriber, parted }, feed)
        : cohortOf(circleOf(journal, userId)).join(alone, feed);
      return () => leave();
    },
  };
}

interface CohortParts extends Rendering {
  /** Told when nobody is left. */
  ended: () => void;
  shelf: Shelf;
}
function createCohort(journal: Journal, feed: Feed, parts: CohortParts): Cohort {
  if (feed.kind === "journal") return createJournalCohort(journal, feed, parts);
  return feed.kind === "latest" ? createLatestCohort(journal, feed, parts) : createStatisticsCohort(journal, feed, parts);
}

interface RenderParts {
  context: Pick<Context, "engine" | "access">;
  log: Logger;
}
function renderer(
  { schema, document, operationName, variableValues }: Operation,
  { viewer }: Circle,
  { context: { engine, access }, log }: RenderParts,
): Render {
  return async ({ value, snapshot, past }) => {
    const contextValue = createSharedContext({ engine, access, viewer: viewer(), ...(snapshot && { snapshot }) });
    const { data, errors } = await execute({ schema, document, operationName, variableValues, contextValue, rootValue: value });
    const shown = errors?.map((error) => (past ? goneError(error) : clientError(error, log)));
    return Buffer.from(JSON.stringify({ data, ...(shown && { errors: shown }) }));
  };
}

/** Valid subscriptions have exactly one root field. */
function rootField({ schema, document, ast, variableValues }: Operation): { field: FieldNode; args: Record<string, unknown> } {
  const find = ({ selections }: SelectionSetNode): FieldNode => {
    const selection = selections[0]!;
    if (selection.kind === Kind.FIELD) return selection;
    if (selection.kind === Kind.INLINE_FRAGMENT) return find(selection.selectionSet);
    const named = document.definitions.find((node) => node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === selection.name.value);
    return find((named as { selectionSet: SelectionSetNode }).selectionSet);
  };
  const field = find(ast.selectionSet);
  const { coerced, errors } = getVariableValues(schema, ast.variableDefinitions ?? [], variableValues ?? {});
  if (errors) throw new RequestErrors(errors);
  return { field, args: getArgumentValues(schema.getSubscriptionType()!.getFields()[field.name.value]!, field, coerced) };
}

/**
 * Who shares: the same text, operation, variables and grants. Where a reader begins does not matter: the
 * variable given as `after` is left out, so that clients which resume from different places are together once they are
 * up to date.
 */
function keyOf({ document, operationName, variableValues }: Operation, field: FieldNode, circle: string): string {
  const after = field.arguments?.find(({ name }) => name.value === "after")?.value;
  const variables = { ...variableValues };
  if (after?.kind === Kind.VARIABLE) delete variables[after.name.value];
  const asked = JSON.stringify([document.loc?.source.body, operationName, variables, circle]);
  return createHash("sha256").update(asked).digest("base64");
}
