import { ArgsType, Field, InputType, Int, ObjectType, type ClassType } from "type-graphql";
import { graphqlEnum } from "../domain/noun/columns.ts";
import type { Snapshot } from "../domain/inventory/snapshot.ts";
import { INDEXES, type IndexOf, type ListedKind, type RowOf } from "../domain/kinds.ts";
import { invalid } from "../errors.ts";
import { filterInSlices, nextSlice } from "../slice.ts";
import type { Context } from "./context.ts";
import { decodeKey, encodeKey, pageFrom, type Key } from "./connectionPage.ts";
import { indexedRows, sortedRows, type OrderedRows } from "./connectionRows.ts";
import { compileSearch, conditionsOf, type Search } from "../domain/inventory/search/search.ts";

export const DEFAULT_PAGE = 50;
export const MAX_PAGE = 1_000;

const OrderField = graphqlEnum("OrderField", "What a list can be ordered by; CREATION only where a time of creation is known.", [
  "NAME",
  "STATUS",
  "CREATION",
]);
const OrderDirection = graphqlEnum("OrderDirection", "Smallest first, or largest first.", ["ASC", "DESC"]);

@InputType()
export class OrderBy {
  @Field(() => OrderField) field: keyof typeof OrderField;
  @Field(() => OrderDirection, { defaultValue: OrderDirection.ASC }) direction: keyof typeof OrderDirection;
}

@ArgsType()
export class PageArgs {
  @Field(() => Int, { nullable: true, description: `How many at most, from the front; ${DEFAULT_PAGE} unless said, ${MAX_PAGE} at most.` })
  first?: number | null;
  @Field(() => String, { nullable: true, description: "Cursor after which to begin." }) after?: string | null;
  @Field(() => Int, { nullable: true, description: "How many at most, from the back." }) last?: number | null;
  @Field(() => String, { nullable: true, description: "Cursor before which to end." }) before?: string | null;
  @Field(() => String, { nullable: true, description: "oVirt's search language, e.g. `status = up and cluster = Default sortby name`." })
  search?: string | null;
  @Field(() => OrderBy, { nullable: true, description: "By name unless said here or by `sortby` in the search." }) orderBy?: OrderBy | null;
}

@ObjectType({ description: "Where a page is in its list." })
class PageInfo {
  @Field() hasNextPage: boolean;
  @Field() hasPreviousPage: boolean;
  @Field(() => String, { nullable: true }) startCursor: string | null;
  @Field(() => String, { nullable: true }) endCursor: string | null;
}
export interface Page<T> {
  readonly totalCount: number;
  readonly nodes: readonly T[];
  readonly edges: readonly { cursor: string; node: T }[];
  readonly pageInfo: PageInfo;
}

/** The GraphQL types of a page of nodes: `<name>Connection` and `<name>Edge`. */
function connectionType(name: string, node: ClassType): ClassType<Page<unknown>> {
  @ObjectType(`${name}Edge`)
  class Edge {
    @Field() cursor: string;
    @Field(() => node) node: object;
  }
  @ObjectType(`${name}Connection`, { description: "A page of a list, as Relay has it." })
  class Connection {
    @Field(() => Int, { description: "Of the whole list." }) totalCount: number;
    @Field(() => [node]) nodes: object[];
    @Field(() => [Edge]) edges: Edge[];
    @Field(() => PageInfo) pageInfo: PageInfo;
  }
  return Connection as ClassType<Page<unknown>>;
}

const known = new Map<string, ClassType<Page<unknown>>>();
/** As `connectionType`, one of each. */
export function connectionOf(name: string, node: ClassType): ClassType<Page<unknown>> {
  const type = known.get(name) ?? connectionType(name, node);
  known.set(name, type);
  return type;
}

type Asked = Pick<Context, "snapshot" | "budget">;

/**
 * A page of all entities of a kind: in O(page) when it is ordered by name and nothing is searched for.
 * Throws INVALID for a page that is too large, a foreign cursor, a search that cannot be understood.
 */
export async function pageOf<K extends ListedKind>(context: Asked, kind: K, args: PageArgs): Promise<Page<RowOf<K>>> {
  const { snapshot } = context;
  const order = orderOf(kind, args);
  const name = nameIndex(kind);
  if (!args.search && name && order.field === name) return page(indexedRows(snapshot, kind, name, order.descending), args, null);
  await nextSlice();
  const all = [...(name ? snapshot.ordered(kind, name) : snapshot.all(kind))];
  return find(context, kind, { rows: all, by: name ?? "id" }, args);
}

/** A page of some entities of a kind, such as the VMs of a host. */
export const pageOfRows = <K extends ListedKind>(context: Asked, kind: K, rows: readonly RowOf<K>[], args: PageArgs) =>
  find(context, kind, { rows, by: "id" }, args);

/** `by` is the order in which the rows are. */
async function find<K extends ListedKind>(
  { snapshot, budget }: Asked,
  kind: K,
  { rows, by }: { rows: readonly RowOf<K>[]; by: string },
  args: PageArgs,
): Promise<Page<RowOf<K>>> {
  const search = args.search ? compileSearch(kind, args.search) : null;
  budget.compare(rows.length * (1 + conditionsOf(search)));
  const found = search ? await filterInSlices(rows, (row) => search.matches(row, snapshot)) : rows;
  return page(await arrange({ rows: found, by }, args.orderBy ? null : searched(search, snapshot), orderOf(kind, args)), args, search);
}

interface Order {
  field: string;
  descending: boolean;
}
const nameIndex = <K extends ListedKind>(kind: K): IndexOf<K> | undefined =>
  (INDEXES[kind] as readonly string[]).find((column) => column === "name" || column === "userName") as IndexOf<K> | undefined;

const CREATION_COLUMN: { [K in ListedKind]?: string } = { Vm: "creationTime", Template: "creationTime", User: "createdAt" };
const WITHOUT_STATUS: readonly ListedKind[] = ["User", "Cluster", "Network", "VnicProfile", "DiskAttachment", "Nic"];

function orderOf(kind: ListedKind, { orderBy }: PageArgs): Order {
  const descending = orderBy?.direction === "DESC";
  if (orderBy?.field === "STATUS") {
    if (WITHOUT_STATUS.includes(kind)) throw invalid("orderBy", `${kind} has no status.`, "ORDER");
    return { field: "status", descending };
  }
  if (orderBy?.field === "CREATION") {
    const field = CREATION_COLUMN[kind];
    if (!field) throw invalid("orderBy", `${kind} does not know when it was made.`, "ORDER");
    return { field, descending };
  }
  return { field: nameIndex(kind) ?? "id", descending };
}

/** The order of `sortby`. */
const searched = <R extends { id: string }>(search: Search | null, snapshot: Snapshot) =>
  search?.sort && { ...search.sort, value: (row: R) => search.sort!.value(row, snapshot) as Key["value"] };

function arrange<R extends { id: string }>(
  given: { rows: readonly R[]; by: string },
  sort: ReturnType<typeof searched<R>>,
  { field, descending }: Order,
): Promise<OrderedRows<R>> {
  const valueOf = sort?.value ?? ((row: R) => (row as Record<string, unknown>)[field] as Key["value"]);
  return sortedRows(given, { field: sort?.name ?? field, descending: sort?.descending ?? descending, valueOf });
}

function page<R extends { id: string }>(rows: OrderedRows<R>, args: PageArgs, search: Search | null): Page<R> {
  const { first = null, last = null } = args;
  if (first !== null && last !== null) throw invalid("last", "Give first or last, not both.", "PAGE");
  for (const [path, size] of Object.entries({ first, last }))
    if (size !== null && (size < 0 || size > MAX_PAGE)) throw invalid(path, `0 to ${MAX_PAGE}.`, "PAGE");
  const limit = first ?? last ?? DEFAULT_PAGE;
  const after = args.after ? decodeKey("after", rows.field, args.after) : undefined;
  const before = args.before ? decodeKey("before", rows.field, args.before) : undefined;
  const skip = search?.page && !after ? (search.page - 1) * limit : 0;
  return toPage(rows, pageFrom(rows, { after, before, limit, skip, backwards: last !== null }));
}

function toPage<R extends { id: string }>(rows: OrderedRows<R>, nodes: readonly R[]): Page<R> {
  const cursor = (row: R) => encodeKey(rows.field, rows.keyOf(row));
  const beyond = (row: R | undefined, backwards: boolean) => row !== undefined && !isEmpty(rows.walk(rows.keyOf(row), backwards));
  return {
    nodes,
    get totalCount() {
      return rows.total();
    },
    get edges() {
      return nodes.map((node) => ({ cursor: cursor(node), node }));
    },
    get pageInfo() {
      const [start, end] = [nodes[0], nodes.at(-1)];
      return {
        hasNextPage: beyond(end, false),
        hasPreviousPage: beyond(start, true),
        startCursor: start ? cursor(start) : null,
        endCursor: end ? cursor(end) : null,
      };
    },
  };
}

function isEmpty(rows: Iterable<unknown>): boolean {
  return rows[Symbol.iterator]().next().done === true;
}
