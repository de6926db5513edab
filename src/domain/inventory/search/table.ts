import type { Event } from "../../event/event.ts";
import type { Snapshot } from "../snapshot.ts";
import type { ListedKind, RowOf } from "../../kinds.ts";
import type { FieldType, Value } from "./value.ts";

export type SearchKind = ListedKind | "Event";
export type SearchRow<K extends SearchKind> = K extends ListedKind ? RowOf<K> : Readonly<Event>;
export type Get<R> = (row: R, snapshot: Snapshot) => Value | readonly Value[];
/** A free word is looked for in every text but an `opaque` one: what nobody would type by heart. */
export type SearchField<R> = FieldType & { get: Get<R>; opaque?: true };
export interface SearchReference<R> {
  kind: ListedKind;
  ids: (row: R, snapshot: Snapshot) => readonly (string | null)[];
}
/** What a noun says of its search beside what follows from its columns. */
export interface SearchFacts<R> {
  /** Before the colon, beside its names in singular and plural. */
  prefixes?: readonly string[];
  /** What people know one by; its name when absent. */
  called?: Get<R>;
  fields?: Record<string, SearchField<R>>;
  references?: Record<string, SearchReference<R>>;
}
/** What rows of a kind can be searched by: oVirt's names. A reference stands for the name of the object there, or `reference.field` for any of its fields. */
export interface SearchTable<R> {
  /** Before the colon. */
  prefixes: readonly string[];
  /** What people know a row by, and what a reference to it is compared with. */
  name: Get<R>;
  fields: Record<string, SearchField<R>>;
  references: Record<string, SearchReference<R>>;
}

export const text = <R>(get: Get<R>): SearchField<R> => ({ type: "text", get });
export const opaque = <R>(get: Get<R>): SearchField<R> => ({ type: "text", get, opaque: true });
export const time = <R>(get: Get<R>): SearchField<R> => ({ type: "time", get });
export const count = <R>(get: Get<R>): SearchField<R> => ({ type: "number", get });
/** oVirt counts memory in MiB and disks in GiB where no unit is written. */
export const mebibytes = <R>(get: Get<R>): SearchField<R> => ({ type: "number", unit: 2 ** 20, get });
export const gibibytes = <R>(get: Get<R>): SearchField<R> => ({ type: "number", unit: 2 ** 30, get });
export const state = <R>(states: object, get: Get<R>): SearchField<R> => ({ type: "state", states: Object.keys(states), get });
export const to = <R>(kind: ListedKind, ids: SearchReference<R>["ids"]): SearchReference<R> => ({ kind, ids });
/** The same reference in singular and plural. */
export const both = <R>(name: string, reference: SearchReference<R>) => ({ [name]: reference, [`${name}s`]: reference });

export const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);
