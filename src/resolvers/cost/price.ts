import {
  getIntrospectionQuery,
  getNamedType,
  getNullableType,
  GraphQLError,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  parse,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from "graphql";
import { fieldExtensionsEstimator, getComplexity, type ComplexityEstimator, type ComplexityEstimatorArgs } from "graphql-query-complexity";
import { LISTED_KINDS, type ListedKind } from "../../domain/kinds.ts";
import { DEFAULT_PAGE, MAX_PAGE } from "../connection/connection.ts";
import { LIMITS, tooExpensive } from "./limits.ts";
import { compileSearch, type CountRows } from "../../domain/inventory/search/search.ts";

/** What is assumed of a list that is not a connection: NICs, disks, steps. */
const SMALL_LIST = 5;
/** What is assumed of a frame of statistics: it holds what there is, and is made once for all who asked the same. */
const FRAME_ROWS = 1_000;
const MUTATION_COST = 10;
/** What is read from the journal counts as it is read; this is for finding the moment. */
const PAST_COST = 50;

export interface Asked {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Record<string, unknown> | null | undefined;
  /** How many rows of a kind there are now. */
  count: CountRows;
}

/** The price of a valid operation. Throws TOO_EXPENSIVE; INVALID for variables that do not fit. */
export function priceOf(asked: Asked): number {
  const { answers, comparisons } = complexityOf(asked);
  const most = asksSchemaOnly(asked.operation) ? mostOfSchema(asked.schema) : LIMITS.answers;
  if (answers > most) throw tooExpensive(`a cost of ${answers}`, most, "COST");
  const cost = answers + comparisons;
  if (cost > LIMITS.cost) throw tooExpensive(`a cost of ${cost}`, LIMITS.cost, "COST");
  return cost;
}

const asksSchemaOnly = ({ selectionSet }: OperationDefinitionNode): boolean =>
  selectionSet.selections.every((node) => node.kind === Kind.FIELD && node.name.value.startsWith("__"));

/** Every tool asks for the whole schema once: that is allowed, however large it has grown. */
function mostOfSchema(schema: GraphQLSchema): number {
  const known = introspections.get(schema);
  if (known !== undefined) return known;
  const document = parse(
    getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true, directiveIsRepeatable: true, oneOf: true }),
  );
  const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)!;
  const { answers } = complexityOf({ schema, document, operation, variables: {}, count: () => 0 });
  const most = Math.max(LIMITS.answers, answers);
  introspections.set(schema, most);
  return most;
}
const introspections = new WeakMap<GraphQLSchema, number>();

function complexityOf({ schema, document, operation, variables, count }: Asked): { answers: number; comparisons: number } {
  const operationName = operation.name?.value;
  const single = {
    ...document,
    definitions: document.definitions.filter((node) => node.kind !== Kind.OPERATION_DEFINITION || node === operation),
  };
  let comparisons = 0;
  const finding: ComplexityEstimator = (field) => void (comparisons += comparisonsOf(field, count));
  try {
    const answers = getComplexity({
      schema,
      query: single,
      estimators: [fieldExtensionsEstimator(), finding, estimator(schema)],
      variables: variables ?? {},
      ...(operationName && { operationName }),
      maxQueryNodes: LIMITS.fields,
    });
    return { answers: Math.ceil(answers), comparisons };
  } catch (error) {
    // What is wrong with the request points into the document; the limit on fields does not.
    if (error instanceof GraphQLError && error.nodes === undefined) throw tooExpensive("too many fields", LIMITS.fields, "FIELDS");
    throw error;
  }
}

/** A page counts as often as it has rows; other lists as a few. */
const estimator =
  (schema: GraphQLSchema): ComplexityEstimator =>
  (field) => {
    const { type, args, childComplexity } = field;
    const named = getNamedType(field.field.type).name;
    if (type.name.startsWith("__") || named.startsWith("__")) return 1 + childComplexity * introspected(schema, field);
    if (named.endsWith("Connection")) {
      const rows = Number(args["first"] ?? args["last"] ?? DEFAULT_PAGE);
      return 1 + childComplexity * Math.min(Math.max(rows, 0), MAX_PAGE);
    }
    if (type.name === "Query" && args["asOf"]) return PAST_COST + childComplexity;
    if (type.name === "Mutation") return MUTATION_COST + childComplexity;
    return 1 + childComplexity * rowsIn(field);
  };

function rowsIn({ type, field }: ComplexityEstimatorArgs): number {
  // A connection's own rows were counted with it.
  if (!isListType(getNullableType(field.type)) || type.name.endsWith("Connection")) return 1;
  return type.name.endsWith("StatisticsFrame") ? FRAME_ROWS : SMALL_LIST;
}

/**
 * What it takes to find the rows of a list of the root: a search asks each condition about each row of the kind, and an
 * order without an index looks at each once. Lists within others count as they are read: how many rows they hold is not known.
 */
function comparisonsOf({ type, field, args }: ComplexityEstimatorArgs, count: CountRows): number {
  const kind = /^(\w+)(?:Connection|StatisticsFrame)$/.exec(getNamedType(field.type).name)?.[1] ?? "";
  if ((type.name !== "Query" && type.name !== "Subscription") || !isRowKind(kind)) return 0;
  const orderBy = args["orderBy"] as { field?: string } | null | undefined;
  const searched = searchPrice(kind, args, count);
  return searched + (searched > 0 || (orderBy?.field ?? "NAME") === "NAME" ? 0 : count(kind));
}
const isRowKind = (name: string): name is ListedKind => (LISTED_KINDS as readonly string[]).includes(name);

function searchPrice(kind: ListedKind, { search }: ComplexityEstimatorArgs["args"], count: CountRows): number {
  if (typeof search !== "string" || search === "") return 0;
  try {
    return compileSearch(kind, search).price(count);
  } catch {
    // It is refused where it is read, in words that say why.
    return 0;
  }
}

/** What a list of the introspection has on average, by its field. */
type Shape = Readonly<Record<string, number>>;
/** Types that many refer to have more fields than most. */
const ABOVE_AVERAGE = 2;
const shapes = new WeakMap<GraphQLSchema, Shape>();

function shapeOf(schema: GraphQLSchema): Shape {
  const known = shapes.get(schema);
  if (known) return known;
  const types = Object.values(schema.getTypeMap());
  const fields = types.flatMap((type) => (isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : []));
  const inputFields = types.flatMap((type) => (isInputObjectType(type) ? Object.values(type.getFields()) : []));
  const enumValues = types.flatMap((type) => (isEnumType(type) ? type.getValues() : []));
  const perType = (all: readonly unknown[]) => (ABOVE_AVERAGE * all.length) / types.length;
  const args = fields.reduce((sum, field) => sum + field.args.length, 0) / fields.length;
  const shape = {
    types: types.length,
    fields: perType(fields),
    inputFields: perType(inputFields),
    enumValues: perType(enumValues),
    args: ABOVE_AVERAGE * args,
    possibleTypes: 1,
    interfaces: 1,
  };
  shapes.set(schema, shape);
  return shape;
}

/** Rows of a field of the introspection. */
const introspected = (schema: GraphQLSchema, { field }: ComplexityEstimatorArgs): number =>
  isListType(getNullableType(field.type)) ? (shapeOf(schema)[field.name] ?? SMALL_LIST) : 1;
