import { Arg, Args, Ctx, Field, FieldResolver, ID, Mutation, ObjectType, Query, Resolver, Root, type ClassType } from "type-graphql";
import { Permission } from "../../domain/access/permission.ts";
import { KINDS_WITH_ROLES } from "../../domain/access/permissions.ts";
import type { IndexOf, ListedKind } from "../../domain/kinds.ts";
import type { Column } from "../../domain/noun/columns.ts";
import type { Declaration } from "../../domain/noun/declaration.ts";
import type { AnyNoun } from "../../domain/noun/noun.ts";
import type { AnyInput } from "../../domain/noun/inputs.ts";
import type { AnyVerb } from "../../domain/noun/verb.ts";
import { Permitted, permittedUnless } from "../../domain/permitted.ts";
import { AsOf } from "../asOf.ts";
import { connectionOf, PageArgs, pageOf, pageOfRows } from "../connection/connection.ts";
import { requireViewer, type Context } from "../context.ts";
import { classNamed, type Method } from "./method.ts";
import { nextRunField } from "./nextRun.ts";
import { act, payloadType, RequestArgs, RiskOf } from "./payload.ts";

/** A row of any kind. */
type Row = Readonly<Record<string, unknown> & { id: string }>;
/**
 * What follows from a noun's declaration, as a resolver class: its queries, the fields that lead to what it refers to and to
 * what refers to it, `can`, and a mutation for each of its verbs. What else it shows stands in a file of its own.
 */
export function nounResolver(noun: AnyNoun, all: readonly AnyNoun[]): ClassType {
  const resolver = classNamed(`${noun.kind}Resolver`);
  Resolver(() => noun.entity)(resolver);
  const methods = [
    ...queries(noun),
    ...references(noun),
    ...nextRunField(noun),
    ...backReferences(noun, all),
    ...permissionsField(noun),
    ...canField(noun),
    ...noun.verbs.map(mutation),
  ];
  for (const method of methods) define(resolver, method);
  return resolver;
}

function define({ prototype }: ClassType, { name, parameters, decorate, run }: Method): void {
  if (Object.hasOwn(prototype as object, name)) throw new Error(`${name} is both a query and an edge of one noun.`);
  Object.defineProperty(prototype, name, { value: run, configurable: true, writable: true });
  for (const [index, parameter] of parameters.entries()) (parameter as ParameterDecorator)(prototype as object, name, index);
  (decorate as (prototype: object, name: string) => void)(prototype as object, name);
}

const context = Ctx();
const root = Root();
const page = Args(() => PageArgs);
const id = Arg("id", () => ID, { description: "Of the object." });
const asOf = AsOf();

function queries({ kind, entity, field, plural, words }: AnyNoun): Method[] {
  const Page = connectionOf(kind, entity);
  return [
    {
      name: field,
      parameters: [id, context, asOf],
      decorate: Query(() => entity, { nullable: true, description: `A ${words} by its id; null when there is none of it to be seen.` }),
      run: (wanted: string, { snapshot }: Context) => snapshot.get(kind as ListedKind, wanted),
    },
    {
      name: plural,
      parameters: [page, context],
      decorate: Query(() => Page, { nullable: true, description: "All that the caller may see." }),
      run: (args: PageArgs, where: Context) => pageOf(where, kind as ListedKind, args),
    },
  ];
}

const far = (reference: Column["reference"]) => reference!.target().name as ListedKind;
/** The container of an object is seen with it, if it has but one; anything else that it refers to may be hidden, and is null then. */
const references = ({ columns, within, alsoWithin }: Declaration): Method[] =>
  columns.flatMap(({ kind, name, description, nullable = false, deprecated: deprecationReason, reference }) =>
    kind === "references"
      ? {
          name: reference!.as,
          parameters: [root, context],
          decorate: FieldResolver(() => [reference!.target()], { description, deprecationReason }),
          run: (row: Row, { snapshot }: Context) =>
            (row[name] as readonly string[]).map((each) => snapshot.get(far(reference), each)).filter((each) => each !== undefined),
        }
      : reference
        ? {
            name: reference.as,
            parameters: [root, context],
            decorate: FieldResolver(() => reference.target(), {
              nullable: nullable || (!reference.seen && (name !== within || alsoWithin !== undefined)),
              description,
              deprecationReason,
            }),
            run: (row: Row, { snapshot }: Context) => snapshot.get(far(reference), row[name] as string | null),
          }
        : [],
  );

const backReferences = ({ kind }: Declaration, all: readonly AnyNoun[]): Method[] =>
  all.flatMap((other) =>
    other.columns
      .filter(({ reference }) => reference?.back !== undefined && reference.target().name === kind)
      .map((column) => (column.reference!.few ? fewThatRefer(other, column) : pageThatRefers(other, column))),
  );

const fewThatRefer = ({ kind, entity }: Declaration, { name, reference }: Column): Method => ({
  name: reference!.back!,
  parameters: [root, context],
  decorate: FieldResolver(() => [entity], { description: reference!.backDescription }),
  run: (row: Row, { snapshot }: Context) => snapshot.by(kind as ListedKind, name as IndexOf<ListedKind>, row.id),
});

const pageThatRefers = ({ kind, entity }: Declaration, { name, reference }: Column): Method => ({
  name: reference!.back!,
  parameters: [root, page, context],
  decorate: FieldResolver(() => connectionOf(kind, entity), { description: reference!.backDescription }),
  run: (row: Row, args: PageArgs, where: Context) =>
    pageOfRows(where, kind as ListedKind, where.snapshot.by(kind as ListedKind, name as IndexOf<ListedKind>, row.id), args),
});

/** Of what roles are given on. */
const permissionsField = ({ kind }: Declaration): Method[] =>
  (KINDS_WITH_ROLES as readonly string[]).includes(kind)
    ? [
        {
          name: "permissions",
          parameters: [root, context],
          decorate: FieldResolver(() => [Permission], { description: "Who has a role on it, of those that the caller may see." }),
          run: ({ id: objectId }: Row, { snapshot }: Context) => snapshot.by("Permission", "objectId", objectId),
        },
      ]
    : [];

/** From the same declarations that refuse the verbs. */
function canField({ kind, words, verbs }: AnyNoun): Method[] {
  const asked = verbs.filter(({ can }) => can !== null);
  if (asked.length === 0) return [];
  const Can = classNamed(`${kind}Can`);
  ObjectType({ description: `What the caller may do with this ${words} now, by its state and his rights.` })(Can);
  for (const { can, description } of asked) Field(() => Permitted, { description })(Can.prototype as object, can!);
  return [
    {
      name: "can",
      parameters: [root, context],
      decorate: FieldResolver(() => Can, { description: `What the caller may do with it now, by its state and his rights.` }),
      run: (row: Row, where: Context) => {
        const viewer = requireViewer(where);
        return Object.fromEntries(asked.map((verb) => [verb.can, permittedUnless(verb.refusals(row, where.whole, viewer))]));
      },
    },
  ];
}

function mutation(verb: AnyVerb): Method {
  const { name, input, inputRequired, can, risk, description } = verb;
  const Payload = payloadType(verb);
  const given = input && Arg("input", () => input, { nullable: !inputRequired, description: "What is asked for." });
  const parameters = [...(can === null ? [] : [id]), ...(given ? [given] : []), Args(() => RequestArgs), context];
  return {
    name,
    parameters,
    decorate: (prototype: object, method: string) => {
      Mutation(() => Payload, { nullable: true, description })(prototype, method, {});
      (RiskOf(risk) as (target: object, key: string) => void)(prototype, method);
    },
    run: (...args: unknown[]) => {
      const where = args.pop() as Context;
      const request = args.pop() as RequestArgs;
      const named = can === null ? {} : { id: args.shift() as string };
      return act(where, verb, { ...named, input: args.shift() as AnyInput | null, ...request });
    },
  };
}
