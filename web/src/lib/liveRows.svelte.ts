import { untrack } from "svelte";
import { follow } from "./follow.ts";
import { gather } from "./gather.ts";
import type { TadaDocumentNode } from "../graphql/graphql.ts";
import { Failure } from "./failure.ts";
import { patiently } from "./patiently.ts";
import { toastFailure } from "./toasts.svelte.ts";

export interface Sort {
  /** Name of the field in the search language. */
  field: string;
  descending: boolean;
}
/** What is listed: a condition in oVirt's search language, and an order. */
export interface Listing {
  search: string;
  sort: Sort;
}
interface Page<Row> {
  rows: Row[];
  total: number;
  hasNext: boolean;
  endCursor: string | null;
  /** Journal place of the moment that was read. */
  asOf: string | null;
}
export interface RowChange<Row> {
  cursor: string;
  operation: "CREATED" | "UPDATED" | "DELETED" | null;
  id: string | null;
  entity: Row | object | null;
  gap: object | null;
}
export interface Source<Row> {
  /** Throws Failure. */
  load: (listing: Listing, first: number, after: string | null) => Promise<Page<Row>>;
  /** Every change of the kind that is listed. */
  changes: TadaDocumentNode<{ message: RowChange<Row> }, { after?: string | null }>;
}

const PAGE = 100;
/** The most the engine gives at once. */
const MAX_PAGE = 1_000;
/** Changes that may alter which rows are listed, or their order, are gathered for so long. */
const SETTLE_MS = 400;

interface List<Row> {
  rows: readonly Row[];
  total: number;
  loading: boolean;
  failure: Failure | null;
}

function createList<Row>(): List<Row> {
  // Rows are replaced, never changed, so they need no watching each.
  let rows = $state.raw<readonly Row[]>([]);
  const rest = $state({ total: 0, loading: true, failure: null as Failure | null });
  return {
    get rows() {
      return rows;
    },
    set rows(replaced) {
      rows = replaced;
    },
    get total() {
      return rest.total;
    },
    set total(total) {
      rest.total = total;
    },
    get loading() {
      return rest.loading;
    },
    set loading(loading) {
      rest.loading = loading;
    },
    get failure() {
      return rest.failure;
    },
    set failure(failure) {
      rest.failure = failure;
    },
  };
}

/** So many rows from the start, in as many readings as it takes; as of the first one. */
async function firstRows<Row>(source: Source<Row>, listing: Listing, wanted: number): Promise<Page<Row>> {
  let page = await source.load(listing, Math.min(MAX_PAGE, wanted), null);
  while (page.hasNext && page.rows.length < wanted) {
    const next = await source.load(listing, Math.min(MAX_PAGE, wanted - page.rows.length), page.endCursor);
    page = { ...next, rows: [...page.rows, ...next.rows], asOf: page.asOf };
  }
  return page;
}

/** Fills a list page by page. */
function pager<Row extends { id: string }>(list: List<Row>, source: Source<Row>, listing: () => Listing) {
  let cursor: string | null = null;
  let hasNext = false;
  let reading = false;
  /** Of the answers that are still wanted. */
  let generation = 0;

  /** Reads what is there already, or the first page, anew; answers the journal place that was read. */
  const reload = async (): Promise<string | null> => {
    const mine = ++generation;
    list.loading = true;
    try {
      const page = await patiently(
        () => firstRows(source, listing(), Math.max(PAGE, list.rows.length)),
        () => mine === generation,
      );
      if (mine !== generation) return null;
      ({ hasNext, endCursor: cursor } = page);
      Object.assign(list, { rows: page.rows, total: page.total, failure: null });
      return page.asOf;
    } catch (error) {
      if (mine === generation) list.failure = error instanceof Failure ? error : new Failure("INTERNAL", String(error));
      return null;
    } finally {
      if (mine === generation) list.loading = false;
    }
  };
  /** Reads the rows behind those that are there. */
  const more = async (): Promise<void> => {
    if (!hasNext || reading || list.loading) return;
    reading = true;
    const mine = generation;
    try {
      const page = await source.load(listing(), PAGE, cursor);
      if (mine !== generation) return;
      ({ hasNext, endCursor: cursor } = page);
      const known = new Set(list.rows.map(({ id }) => id));
      list.rows = [...list.rows, ...page.rows.filter(({ id }) => !known.has(id))];
      list.total = page.total;
    } catch (error) {
      toastFailure(error);
    } finally {
      reading = false;
    }
  };
  return { reload, more, forget: () => void generation++ };
}

/**
 * A list that stays true: rows change in place as `changes` tells; where a change may bring, remove or move rows, what
 * is shown is read again. To be called while a component is made; `listing` is read reactively.
 */
export function liveRows<Row extends { id: string; name: string }>(source: Source<Row>, listing: () => Listing) {
  const list = createList<Row>();
  const { reload, more, forget } = pager(list, source, listing);
  let settling: ReturnType<typeof setTimeout> | undefined;

  const settle = () => {
    settling ??= setTimeout(() => {
      settling = undefined;
      void reload();
    }, SETTLE_MS);
  };
  /** In place; whatever that cannot do is read again. */
  const apply = (changes: readonly RowChange<Row>[]) => {
    const plain = listing().search.trim() === "" && listing().sort.field === "name";
    const places = new Map(list.rows.map(({ id }, place) => [id, place]));
    const rows = [...list.rows];
    let moved = false;
    for (const { operation, id, entity } of changes) {
      const place = places.get(id ?? "");
      const before = place === undefined ? undefined : rows[place];
      const after = entity && "id" in entity ? entity : undefined;
      if (place !== undefined && after && operation === "UPDATED") rows[place] = after;
      moved ||= operation !== "UPDATED" || !plain || (before !== undefined && before.name !== after?.name);
    }
    list.rows = rows;
    if (moved) settle();
  };
  const news = gather(apply);

  $effect(() => {
    const { search, sort } = listing();
    void [search, sort.field, sort.descending];
    let ended = false;
    let stop = () => {};
    const begin = async () => {
      list.rows = list.rows.slice(0, PAGE);
      const after = await reload();
      if (!ended) stop = follow(source.changes, {}, { after, next: news.add, gap: settle });
    };
    untrack(() => void begin());
    return () => {
      ended = true;
      clearTimeout(settling);
      settling = undefined;
      forget();
      news.drop();
      stop();
    };
  });

  return { list: list as Readonly<List<Row>>, more: () => void more() };
}

/** The search and order as the engine takes them; an order that the user wrote himself wins. */
export function searchWith({ search, sort }: Listing): string | null {
  const plain = search.trim();
  if (sort.field === "name" && !sort.descending) return plain || null;
  if (/\bsortby\b/i.test(plain)) return plain;
  return `${plain} sortby ${sort.field} ${sort.descending ? "desc" : "asc"}`.trim();
}
