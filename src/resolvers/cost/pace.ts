import {
  defaultFieldResolver,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type SelectionSetNode,
} from "graphql";
import { nextSlice, sliceIsOver } from "../../slice.ts";
import type { Budget } from "./budget.ts";
import type { Context } from "../context.ts";

/** Rows answered in one go before the clock is asked. */
const AT_ONCE = 8;

/**
 * Makes every list of objects in the schema count against the operation's budget before its rows are answered, and answers
 * them in slices: no resolver can forget it.
 */
export function paceLists(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap()))
    if (isObjectType(type) && !type.name.startsWith("__"))
      for (const field of Object.values(type.getFields())) if (isList(field)) pace(field as GraphQLField<unknown, Context>);
  return schema;
}

const isList = ({ type }: { type: GraphQLField<unknown, unknown>["type"] }) =>
  isListType(getNullableType(type)) && isCompositeType(getNamedType(type));

function pace(field: GraphQLField<unknown, Context>): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = (source, args, context, info) => {
    const rows: unknown = resolve(source, args, context, info);
    return rows instanceof Promise ? rows.then((given: unknown) => inTurn(given, context, info)) : inTurn(rows, context, info);
  };
}

function inTurn(rows: unknown, context: Context, info: GraphQLResolveInfo): unknown {
  if (!Array.isArray(rows) || rows.length === 0) return rows;
  context.budget.answer(rows.length * info.fieldNodes.reduce((sum, node) => sum + weightOf(node, info), 0));
  if (rows.length > AT_ONCE) return spread(rows, context.budget);
  return sliceIsOver() ? nextSlice().then(() => rows) : rows;
}

/** The rows as promises, kept a few at a time. */
function spread(rows: readonly unknown[], budget: Budget): Promise<unknown>[] {
  const turns = Array.from({ length: Math.ceil(rows.length / AT_ONCE) }, () => Promise.withResolvers<void>());
  const later = rows.map((row, index) => turns[Math.floor(index / AT_ONCE)]!.promise.then(() => row));
  void give(turns, later, budget);
  return later;
}

async function give(turns: readonly PromiseWithResolvers<void>[], later: readonly Promise<unknown>[], budget: Budget): Promise<void> {
  for (const [index, turn] of turns.entries()) {
    if (sliceIsOver()) await nextSlice();
    if (budget.exceeded) {
      // The answer is refused: what has not been begun need not be.
      turn.reject(budget.exceeded);
      continue;
    }
    turn.resolve();
    await later[Math.min((index + 1) * AT_ONCE, later.length) - 1];
    // What waits for that row is told after us: let it answer the row before the clock is asked again.
    await Promise.resolve();
  }
}

const weights = new WeakMap<FieldNode, number>();

/** Fields that a row of the list has in the answer; lists within it count themselves. */
function weightOf(node: FieldNode, info: GraphQLResolveInfo): number {
  const known = weights.get(node);
  if (known !== undefined) return known;
  const field = (info.parentType.getFields() as Record<string, GraphQLField<unknown, unknown>>)[node.name.value]!;
  const weight = node.selectionSet ? fieldsOf(node.selectionSet, getNamedType(field.type) as GraphQLCompositeType, info) : 1;
  weights.set(node, weight);
  return weight;
}

function fieldsOf({ selections }: SelectionSetNode, type: GraphQLCompositeType, info: GraphQLResolveInfo): number {
  let count = 0;
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      const fields = isObjectType(type) || isInterfaceType(type) ? type.getFields() : {};
      const field = fields[selection.name.value];
      const inner = field && !isList(field) && selection.selectionSet;
      count += 1 + (inner ? fieldsOf(inner, getNamedType(field.type) as GraphQLCompositeType, info) : 0);
    } else {
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? info.fragments[selection.name.value] : selection;
      const named = fragment?.typeCondition && info.schema.getType(fragment.typeCondition.name.value);
      if (fragment) count += fieldsOf(fragment.selectionSet, (named as GraphQLCompositeType | undefined) ?? type, info);
    }
  }
  return count;
}
