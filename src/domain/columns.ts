import { GraphQLSafeInt } from "graphql-scalars";
import { Field, Float, GraphQLISODateTime, ID, Int, registerEnumType } from "type-graphql";
import { Column, ForeignKey, Index, PrimaryColumn, type ColumnOptions } from "typeorm";

/**
 * One decorator per kind of attribute, for entity and GraphQL type at once, in the column types that MariaDB, MySQL
 * and SQLite share. The first argument is the public description.
 */
type PropertyDecoratorOf = (target: object, property: string) => void;
interface Options {
  nullable?: boolean;
  /** Stored, but no GraphQL field. */
  hidden?: boolean;
  length?: number;
}

const compose =
  (...decorators: (PropertyDecoratorOf | undefined)[]): PropertyDecoratorOf =>
  (target, property) => {
    for (const decorate of decorators) decorate?.(target, property);
  };
const field = (type: () => unknown, description: string, { nullable = false, hidden = false }: Options) =>
  hidden ? undefined : (Field(type as () => typeof String, { nullable, description }) as PropertyDecoratorOf);
const column = (options: ColumnOptions) => Column(options) as PropertyDecoratorOf;
const toNumber = { to: (value: unknown) => value, from: (value: string | number | null) => (value === null ? null : Number(value)) };

export const Id = () =>
  compose(
    field(() => ID, "Opaque, never reused.", {}),
    PrimaryColumn({ type: "varchar", length: 36 }) as PropertyDecoratorOf,
  );
export const Version = () =>
  compose(
    field(() => Int, "Grows by one with every change; give it to an update to be refused with CONFLICT when someone was faster.", {}),
    column({ type: "integer" }),
  );
export const Text = (description: string, options: Options = {}) =>
  compose(
    field(() => String, description, options),
    column({ type: "varchar", length: options.length ?? 255, nullable: options.nullable ?? false }),
  );
export const Flag = (description: string, options: Options = {}) =>
  compose(
    field(() => Boolean, description, options),
    column({ type: "boolean" }),
  );
export const Whole = (description: string, options: Options = {}) =>
  compose(
    field(() => Int, description, options),
    column({ type: "integer", nullable: options.nullable ?? false }),
  );
/** Integers up to 2^53-1: bytes and cursors. */
export const Big = (description: string, options: Options = {}) =>
  compose(
    field(() => GraphQLSafeInt, description, options),
    column({ type: "bigint", nullable: options.nullable ?? false, transformer: toNumber }),
  );
export const Real = (description: string, options: Options = {}) =>
  compose(
    field(() => Float, description, options),
    column({ type: "double", nullable: options.nullable ?? false }),
  );
export const Instant = (description: string, options: Options = {}) =>
  compose(
    field(() => GraphQLISODateTime, description, options),
    column({ type: "datetime", precision: 3, nullable: options.nullable ?? false }),
  );
export const OneOf = (type: object, description: string, options: Options = {}) =>
  compose(
    field(() => type, description, options),
    column({ type: "varchar", length: 40, nullable: options.nullable ?? false }),
  );
/** A value object (or a list of them: `() => [X]`) kept as JSON. */
export const Value = (type: () => unknown, description: string, options: Options = {}) =>
  compose(field(type, description, options), column({ type: "simple-json", nullable: options.nullable ?? false }));
/** Another entity's id: indexed, foreign key, not shown (a resolver gives the object). `name` is `<table>_<column>`. */
export const Reference = (target: () => unknown, name: string, options: { nullable?: boolean } = {}) =>
  compose(
    column({ type: "varchar", length: 36, nullable: options.nullable ?? false }),
    Index(`ix_${name}`) as PropertyDecoratorOf,
    ForeignKey(target as () => new () => object, {
      name: `fk_${name}`,
      onUpdate: "NO ACTION",
      onDelete: "NO ACTION",
    }) as PropertyDecoratorOf,
  );

/** An enum as value, type and GraphQL type under one name. */
export function graphqlEnum<const V extends readonly string[]>(
  name: string,
  description: string,
  values: V,
): { readonly [K in V[number]]: K } {
  const members = Object.fromEntries(values.map((value) => [value, value])) as { readonly [K in V[number]]: K };
  registerEnumType(members, { name, description });
  return members;
}
