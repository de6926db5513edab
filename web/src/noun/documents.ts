import type { DocumentDecoration } from "gql.tada";
import { graphql, type TadaDocumentNode } from "../graphql/graphql.ts";
import { PERMITTED } from "../lib/permitted.ts";
import type { RowChange } from "../lib/liveRows.svelte.ts";
import type { Reason } from "../lib/failure.ts";
import { fieldsFor, type Fields, pathOf } from "./fields.ts";
import type { Noun, Told } from "./noun.ts";
import type { Mutation } from "./schema.ts";

/** The documents of a noun are all alike: they are composed of its names and fragments, and a spec has each one validated. */
type Fragment = DocumentDecoration<any, any>;
const compose = graphql as unknown as <Result, Variables>(
  source: string,
  fragments: readonly Fragment[],
) => TadaDocumentNode<Result, Variables>;

const nameOf = (fragment: Fragment): string =>
  (fragment as unknown as TadaDocumentNode).definitions.flatMap((node) => ("name" in node && node.name ? [node.name.value] : []))[0] ?? "";
const upper = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
const fieldOf = (kind: string) => kind.charAt(0).toLowerCase() + kind.slice(1);

interface PageOf<Row> {
  totalCount: number;
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
  nodes: Row[];
}
interface Paging {
  first: number;
  after?: string | null;
  search?: string | null;
}
export const listOf = <Row>({ list, row }: Noun<any, Row>) =>
  compose<{ page: PageOf<Row> | null }, Paging>(
    `query ${upper(list)}($first: Int!, $after: String, $search: String) {
      page: ${list}(first: $first, after: $after, search: $search) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes { ...${nameOf(row)} }
      }
    }`,
    [row],
  );

export const changesOf = <Row>({ kind, row }: Noun<any, Row>) =>
  compose<{ message: RowChange<Row> }, { after?: string | null }>(
    `subscription ${kind}Changes($after: Cursor) {
      message: changes(kinds: [${kind}], after: $after) {
        cursor
        operation
        id
        entity { __typename ...${nameOf(row)} }
        gap { to }
      }
    }`,
    [row],
  );

interface Permitted {
  allowed: boolean;
  reasons: Reason[];
}
/** What every object has, whatever its noun. */
export interface Whole {
  id: string;
  name: string;
  can?: Record<string, Permitted>;
}
/** What the form of an object begins with, as it is read: `cpu.topology.cores` is `cpu { topology { cores } }`. */
const editedOf = (form: Fields) =>
  fieldsFor(form, "update")
    .filter(([, { type, from }]) => type !== "password" && !from)
    .map(([path, field]) => {
      const named = field.type === "reference" || field.type === "references";
      const parts = (named ? `${pathOf(path, field)}.id ${nameIn(field.list)}` : path).split(".");
      return parts.join(" { ") + " }".repeat(parts.length - 1);
    })
    .join(" ");

export const detailsOf = <It>({ kind, row, details, actions = [], remove, form, update }: Noun<any, any, It>) => {
  const verbs = [...actions.map(({ verb }) => verb), ...(form && update !== null ? ["update"] : []), ...(remove ? ["remove"] : [])];
  const told = verbs.length > 0;
  return compose<{ it: (It & Whole) | null }, { id: string }>(
    `query ${kind}($id: ID!) {
      it: ${fieldOf(kind)}(id: $id) {
        ...${nameOf(row)}
        ${details ? `...${nameOf(details)}` : ""}
        ${form && update !== null ? editedOf(form as Fields) : ""}
        ${told ? `can { ${verbs.map((verb) => `${verb} { ...Permitted }`).join(" ")} }` : ""}
      }
    }`,
    [row, ...(details ? [details] : []), ...(told ? [PERMITTED] : [])],
  );
};

/** Tells that what was read may be out of date. */
export const NUDGES = graphql(`
  subscription Nudges($after: Cursor, $ids: [ID!]) {
    message: changes(ids: $ids, after: $after) {
      cursor
      gap {
        to
      }
    }
  }
`);

const PLAN = graphql(`
  fragment Plan on CommandPlan {
    changes {
      kind
      id
      name
      operation
      fields
    }
    refusals {
      hostId
      code
      message
      path
    }
    downtime
    placement {
      score
      host {
        id
        name
      }
    }
  }
`);
export type Plan = import("../graphql/graphql.ts").ResultOf<typeof PLAN>;
export interface Payload {
  job: { id: string } | null;
  plan: Plan | null;
  it: { id: string } | null;
  told?: unknown;
}
export interface Deed {
  mutation: Mutation;
  kind: string;
  /** Whether it is about an object that is there. */
  onObject: boolean;
  /** Whether there is an input, and whether there must be. */
  input?: "may" | "must" | undefined;
  told?: Told | undefined;
}
export interface DeedVariables {
  id?: string;
  input?: object;
  mode: "PLAN" | "APPLY";
}
export const mutationOf = ({ mutation, kind, onObject, input, told }: Deed) => {
  const variables = [
    onObject && "$id: ID!",
    input && `$input: ${upper(mutation)}Input${input === "must" ? "!" : ""}`,
    "$mode: CommandMode!",
  ];
  const given = [onObject && "id: $id", input && "input: $input", "mode: $mode"];
  return compose<{ payload: Payload | null }, DeedVariables>(
    `mutation ${upper(mutation)}(${variables.filter(Boolean).join(", ")}) {
      payload: ${mutation}(${given.filter(Boolean).join(", ")}) {
        job { id }
        plan { ...Plan }
        it: ${fieldOf(kind)} { id }
        ${told ? `told: ${told.field} { ...${nameOf(told.fragment)} }` : ""}
      }
    }`,
    [PLAN, ...(told ? [told.fragment] : [])],
  );
};

/** What people know by something else than its name: the field, and how a search calls it. */
export const KNOWN_BY: Readonly<Record<string, { field: string; searched: string }>> = {
  users: { field: "userName", searched: "usrname" },
};

const nameIn = (list: string) => `name${KNOWN_BY[list] ? `: ${KNOWN_BY[list].field}` : ""}`;

/** Objects to choose from, found by name. */
export const choicesOf = (list: string) =>
  compose<{ page: { nodes: { id: string; name: string }[]; totalCount: number } | null }, Paging>(
    `query Choose${upper(list)}($first: Int!, $search: String) {
      page: ${list}(first: $first, search: $search) { totalCount nodes { id ${nameIn(list)} } }
    }`,
    [],
  );
