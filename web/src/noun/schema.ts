import type { introspection } from "../graphql/env.d.ts";
import type { graphql } from "../graphql/graphql.ts";

/** What the types of the public schema say about a noun, so that a declaration which does not fit it does not compile. */
type Types = introspection["types"];
type FieldsOf<T extends string> = T extends keyof Types ? (Types[T] extends { fields: infer F } ? F : never) : never;
/** Name of a type, whatever lists and non-nulls are around it. */
type Named<T> = T extends { ofType: infer Inner extends object } ? Named<Inner> : T extends { name: infer Name } ? Name : never;
type FieldsThatGive<Parent extends string, Given extends string> = {
  [F in keyof FieldsOf<Parent> & string]: FieldsOf<Parent>[F] extends { type: infer T } ? (Named<T> extends Given ? F : never) : never;
}[keyof FieldsOf<Parent> & string];

/** An object type that has a list. */
export type Kind = Types["EntityKind"]["enumValues"];
/** The root field of all objects of a kind. */
export type ListOf<K extends Kind> = FieldsThatGive<"Query", `${K}Connection`>;
export type Mutation = keyof FieldsOf<"Mutation">;
/** What `can` tells of; any word where the kind has none yet. */
export type VerbOf<K extends Kind> = "can" extends keyof FieldsOf<K> ? keyof FieldsOf<`${K}Can`> & string : string;
export type KindsWithCan = { [K in Kind]: "can" extends keyof FieldsOf<K> ? K : never }[Kind];

type InputNames = { [N in keyof Types]: Types[N] extends { kind: "INPUT_OBJECT" } ? N : never }[keyof Types];
/** Value of the input type of that name. */
export type InputNamed<N extends string> = N extends InputNames ? ReturnType<typeof graphql.scalar<N>> : object;
/** `name`, `storage.path`: every value in an input that is no object of its own. */
export type PathIn<I> = {
  [F in keyof I & string]: NonNullable<I[F]> extends readonly unknown[]
    ? F
    : NonNullable<I[F]> extends object
      ? `${F}.${PathIn<NonNullable<I[F]>>}`
      : F;
}[keyof I & string];
