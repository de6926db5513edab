import type { Component } from "svelte";
import type { DocumentDecoration } from "gql.tada";
import type { Failure } from "../lib/failure.ts";
import type { FormField, Fields } from "./fields.ts";
import type { NounColumn } from "./columns.ts";
import type { InputNamed, Kind, ListOf, Mutation, PathIn, VerbOf } from "./schema.ts";
import type { State, Value } from "./value.ts";

/** Fields of a form, by their path in the input; what only one of the inputs has says so by `set`. */
export type FormOf<Add, Update> = { readonly [P in PathIn<Add> & PathIn<Update>]?: FormField } & {
  readonly [P in Exclude<PathIn<Add>, PathIn<Update>>]?: FormField & { set: "add" };
} & { readonly [P in Exclude<PathIn<Update>, PathIn<Add>>]?: FormField & { set: "update" } };

/** What the answer of a mutation tells beside its job, and how that is shown. */
export interface Told<T = any> {
  /** Of the payload. */
  field: string;
  fragment: DocumentDecoration<T, any>;
  title: (name: string) => string;
  view: Component<{ id: string; told: T }>;
}

/** What is asked before a deed; the schema's `@risk` says where something must be. */
export interface Question<It> {
  title?: (it: It) => string;
  /** `input` as it would be sent. */
  text: (it: It, input: Readonly<Record<string, unknown>>) => string;
  deed?: string;
  danger?: true;
  /** Of the mutation's input. */
  fields?: Fields | ((it: It) => Fields);
}

export interface Action<It, Verb extends string = string> {
  /** In `can`. */
  verb: Verb;
  mutation: Mutation;
  label: string | ((it: It) => string);
  /** What one most likely wants, when it is allowed. */
  primary?: true;
  ask?: Question<It>;
  /** Instead of a question: a dialog of its own. */
  dialog?: Component<{ it: It; onclose: () => void }>;
  told?: Told;
}

export type Fact = readonly [name: string, value: Value];
export interface RowsColumn<T> {
  label: string;
  draw: (row: T) => Value;
  end?: true;
  mono?: true;
}
/** A part of the page of an object; neighbours of one sort stand side by side. */
export type Section<It> =
  | { facts: string; of: (it: It) => readonly Fact[] }
  | { rows: string; columns: readonly Pick<RowsColumn<never>, "label" | "end" | "mono">[]; cells: (it: It) => Value[][]; empty: string }
  /** Objects of another noun, by the name of its list; the column of the noun itself is left out, and those that are named. */
  | {
      children: string;
      title?: string;
      search: (it: It) => string;
      without?: readonly string[];
      empty?: string;
      /** A button that adds one with this in its input, and asks for the rest. */
      add?: { label: string; input: (it: It) => Readonly<Record<string, unknown>>; text: string };
    }
  | { component: Component<{ it: It }> };

/** A small table of what the object itself holds. */
export const rows = <It, T>(
  title: string,
  of: (it: It) => readonly T[],
  columns: readonly RowsColumn<T>[],
  empty: string,
): Section<It> => ({ rows: title, columns, cells: (it) => of(it).map((row) => columns.map(({ draw }) => draw(row))), empty });

/** What every page of the navigation has. */
interface Page {
  /** The root field of the schema that lists it, and its address. */
  list: string;
  /** `host`, `hosts`: as in a sentence. */
  one: string;
  many: string;
  /** A search, as an example. */
  example: string;
}
/** A page that lists something which has no pages of its own. */
export interface Plain extends Page {
  table: Component<{ search: string; label: string; onstate: (state: ListState) => void }>;
}
export interface ListState {
  /** Null = not counted. */
  total: number | null;
  loading: boolean;
  failure: Failure | null;
}

/** All that the dashboard knows about a noun. `It` is an object as its page reads it. */
export interface Noun<K extends Kind = Kind, Row = any, It = any> extends Page {
  kind: K;
  list: ListOf<K> & string;
  /** What an object is called that has no name of its own. */
  called?: (it: It) => string;
  /** In the title of a toast or an event: `VM`; `one` when absent. */
  short?: string;
  row: DocumentDecoration<Row, any>;
  /** What its page reads beside the row; null when that is all. */
  details: DocumentDecoration<any, any> | null;
  columns: readonly NounColumn<Row>[];
  /** What the list reads beside the rows that are in view; called while it is made. */
  watch?: (rows: () => readonly Row[]) => unknown;
  /** `status` of the object when absent. */
  state?: (it: It) => State | null;
  /** What is worth a glance, beside its name. */
  glance?: (it: It) => readonly Value[];
  actions?: readonly Action<It, VerbOf<K>>[];
  form?: FormOf<InputNamed<`Add${K}Input`>, InputNamed<`Update${K}Input`>>;
  /** Where one can be added by hand. */
  add?: Mutation | null;
  update?: Mutation | null;
  /** What its removal asks; absent where it cannot be removed. */
  remove?: Question<It>;
  /** Said where one is added by hand. */
  addText?: string;
  /** After it was added. */
  told?: Told;
  sections: readonly Section<It>[];
  /** In a search of events, what stands for it: `vm`. */
  events?: string;
}

/** One declaration a noun, of its two fragments and the rest: lists, pages, forms and buttons are drawn from it. */
export const noun = <K extends Kind, Row, Details>(
  kind: K,
  row: DocumentDecoration<Row, any>,
  details: DocumentDecoration<Details, any> | null,
  declaration: Omit<Noun<K, Row, Row & Details>, "kind" | "row" | "details">,
): Noun<K, Row, Row & Details> => ({ ...declaration, kind, row, details });
