import { GraphQLSafeInt } from "graphql-scalars";
import { Field, Float, GraphQLISODateTime, ID, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import { Column as StoredColumn, ForeignKey, Index, PrimaryColumn, type ColumnOptions } from "typeorm";
import type { Transaction } from "../../db/unitOfWork.ts";
import type { Permit } from "../access/permits.ts";
import { checkName } from "../input.ts";

/**
 * One decorator per kind of attribute: entity, GraphQL type and inputs at once, in the column types that MariaDB, MySQL and
 * SQLite share. The first argument is the public description. What a decorator was told is kept with the class, and read by
 * `columnsOf`: everything that follows from a declaration follows from there.
 */
type Decorator = (target: object, property: string) => void;
type Constructor<T = object> = new () => T;

/**
 * When a client may set a column: only as the object is made (`add`), at any time (`always`), or at once while it is down and
 * else for the next run (`nextRun`). Never, when absent: it is observed, or follows from a verb.
 */
type When = "add" | "always" | "nextRun";
/** Kinds of column; they decide the type in the database, in GraphQL and in the search. */
type ColumnKind =
  "id" | "version" | "text" | "flag" | "whole" | "big" | "real" | "instant" | "oneOf" | "value" | "reference" | "references";
/** How a column can be searched for: under its own name in snake case, under these names, or as a number in units of so many. */
type Searched = true | string | readonly string[] | { names?: readonly string[]; unit: number };

export interface Options {
  nullable?: boolean;
  /** Stored, but no GraphQL field. */
  hidden?: boolean;
  /** From when on it may be gone and what takes its place, as docs/schema-changes.md has it. */
  deprecated?: string;
  length?: number;
  set?: When;
  /** Asked for on the object (a new one's: on what it is to be a part of) when this is set, beside the verb's own. */
  permit?: Permit;
  /**
   * Value of a new object when its maker gives none, or a function of the transaction that makes it; without one, a column that
   * is not nullable must be given, or made by the noun's `check` (`otherwise`).
   */
  default?: unknown;
  /** What a new object gets when nothing is given, in words, where `default` does not say it. */
  otherwise?: string;
  /** References to objects whose column of this name gives the default: the first of them that leads to one. */
  inherits?: readonly string[];
  search?: Searched;
  /** Told by hosts, often: it is journaled apart from the rest. */
  observed?: boolean;
  /** Where the value of a VM stands in its domain XML, as `cputune.shares`; null is not said there. */
  xml?: string;
  /** The inventory can be asked for rows by this column. */
  index?: boolean;
  /** GraphQL input type, where it is not the column's own. */
  input?: () => unknown;
  /** Bounds of a number. */
  from?: number;
  to?: number;
  /** The value ready to be stored. Throws INVALID with `path`. */
  check?: (value: never, path: string) => unknown;
}
/** What becomes of the rows that refer to one that is removed: the removal is refused, they go too, or they let go. */
type OnRemove = "refuse" | "cascade" | "release";
interface ReferenceOptions extends Omit<Options, "length" | "hidden"> {
  /** GraphQL field that leads there; the property without `Id` unless said. */
  as?: string;
  /** GraphQL field of the far end that leads back here; none when absent. */
  back?: string;
  /** Description of `back`; `Its children.` follows from its name. */
  backDescription?: string;
  /** A handful at most: `back` is a plain list rather than pages. */
  few?: boolean;
  onRemove?: OnRemove;
  /** Whoever sees this sees the far end too. */
  seen?: boolean;
  /** Permit that is asked for on the far end when this is set to it, unless that is open to everybody. */
  needs?: Permit;
}
interface ReferencesOptions extends Pick<ReferenceOptions, "as" | "backDescription" | "few" | "needs" | "set" | "permit" | "search"> {
  /** True: named after those that refer, `vms`. */
  back?: string | true;
  /** Of one object. */
  most?: number;
}
export interface Column extends Options {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly description: string;
  readonly type: () => unknown;
  readonly reference?: Reference;
}
interface Reference extends Pick<ReferenceOptions, "back" | "backDescription" | "needs"> {
  readonly target: () => Constructor;
  readonly as: string;
  readonly few: boolean;
  readonly onRemove: OnRemove;
  readonly seen: boolean;
  /** How many one object can refer to, of a list of ids; one, when absent. */
  readonly most?: number;
}

const declared = new Map<Constructor, Column[]>();
/** The decorators that made a class's columns, to be applied to whoever shares them. */
const decorators = new Map<Constructor, { name: string; decorate: Decorator }[]>();
/** What a class declares, in the order in which it stands there. */
export const columnsOf = (entity: Constructor): readonly Column[] => declared.get(entity) ?? [];

function declare(target: object, declaration: Column, decorate: Decorator): void {
  const entity = target.constructor as Constructor;
  declared.set(entity, [...(declared.get(entity) ?? []), declaration]);
  decorators.set(entity, [...(decorators.get(entity) ?? []), { name: declaration.name, decorate }]);
}

interface Made {
  kind: ColumnKind;
  description: string;
  type: () => unknown;
  stored: Decorator;
  options: Options;
}
function column({ kind, description, type, stored, options }: Made): Decorator {
  const { nullable = false, hidden = false, deprecated: deprecationReason } = options;
  return function decorate(target, name) {
    declare(target, { ...options, kind, name, description, type }, decorate);
    stored(target, name);
    if (!hidden) (Field(type as () => typeof String, { nullable, description, deprecationReason }) as Decorator)(target, name);
  };
}
const stored = (options: ColumnOptions, { nullable = false }: Options = {}) => StoredColumn({ ...options, nullable }) as Decorator;
/** For `default`: when the object is made. */
export const atOnce = ({ now }: Pick<Transaction, "now">): Date => now;

const toNumber = { to: (value: unknown) => value, from: (value: string | number | null) => (value === null ? null : Number(value)) };

export const Id = (): Decorator =>
  column({
    kind: "id",
    description: "Opaque, never reused.",
    type: () => ID,
    stored: PrimaryColumn({ type: "varchar", length: 36 }) as Decorator,
    options: { search: "id" },
  });
export const Version = (): Decorator =>
  column({
    kind: "version",
    description: "Grows by one with every change; give it to an update to be refused with CONFLICT when someone was faster.",
    type: () => Int,
    stored: stored({ type: "integer" }),
    options: {},
  });
const TEXT_LENGTH = 255;
export const Text = (description: string, options: Options = {}): Decorator =>
  column({
    kind: "text",
    description,
    type: () => String,
    stored: stored({ type: "varchar", length: options.length ?? TEXT_LENGTH }, options),
    options: { length: TEXT_LENGTH, ...options },
  });
/** What people call the object: by oVirt's rule for names, settable at any time, and a list can be ordered by it. */
export const Name = (description: string, options: Options = {}): Decorator =>
  Text(description, { set: "always", search: true, index: true, check: checkName, ...options });
export const Flag = (description: string, options: Options = {}): Decorator =>
  column({ kind: "flag", description, type: () => Boolean, stored: stored({ type: "boolean" }, options), options });
export const Whole = (description: string, options: Options = {}): Decorator =>
  column({ kind: "whole", description, type: () => Int, stored: stored({ type: "integer" }, options), options });
/** Integers up to 2^53-1: bytes and cursors. */
export const Big = (description: string, options: Options = {}): Decorator =>
  column({
    kind: "big",
    description,
    type: () => GraphQLSafeInt,
    stored: stored({ type: "bigint", transformer: toNumber }, options),
    options,
  });
export const Real = (description: string, options: Options = {}): Decorator =>
  column({ kind: "real", description, type: () => Float, stored: stored({ type: "double" }, options), options });
export const Instant = (description: string, options: Options = {}): Decorator =>
  column({
    kind: "instant",
    description,
    type: () => GraphQLISODateTime,
    stored: stored({ type: "datetime", precision: 3 }, options),
    options,
  });
export const OneOf = (type: object, description: string, options: Options = {}): Decorator =>
  column({ kind: "oneOf", description, type: () => type, stored: stored({ type: "varchar", length: 40 }, options), options });
/** A value object (or a list of them: `() => [X]`) kept as JSON. */
export const Value = (type: () => unknown, description: string, options: Options = {}): Decorator =>
  column({ kind: "value", description, type, stored: stored({ type: "simple-json" }, options), options });

/** Another entity: its id is stored in the property, indexed and a foreign key; in GraphQL the object itself stands for it. */
export function Reference(far: () => unknown, description: string, options: ReferenceOptions = {}): Decorator {
  const {
    as,
    back,
    backDescription = back && descriptionOfBack(back),
    few = false,
    onRemove = "refuse",
    seen = false,
    needs,
    ...rest
  } = options;
  return function decorate(target, name) {
    const leads = { target: far as () => Constructor, as: as ?? name.replace(/Id$/, ""), back, backDescription };
    const reference = { ...leads, few, onRemove, seen, needs };
    declare(target, { ...rest, index: true, kind: "reference", name, description, type: () => ID, reference }, decorate);
    const table = tableOf(target.constructor as Constructor);
    stored({ type: "varchar", length: 36 }, options)(target, name);
    (Index(`ix_${table}_${name}`) as Decorator)(target, name);
    foreignKey(`fk_${table}_${name}`, reference.target)(target, name);
  };
}

const descriptionOfBack = (back: string) => `Its ${snakeCase(back).replaceAll("_", " ")}.`;

const MOST_REFERENCES = 100;
/**
 * Several other entities: their ids are stored as a list in a property such as `tagIds`, in the order given; in GraphQL the
 * objects themselves stand for them, those that the caller sees. One that is removed is let go.
 */
export function References(far: () => unknown, description: string, options: ReferencesOptions = {}): Decorator {
  const { as, back: called, few = false, needs, most = MOST_REFERENCES, ...rest } = options;
  return function decorate(target, name) {
    const back = called === true ? pluralOf(target.constructor as Constructor) : called;
    const { backDescription = back && descriptionOfBack(back) } = options;
    const leads = { target: far as () => Constructor, as: as ?? name.replace(/Ids$/, "s"), back, backDescription };
    const reference = { ...leads, few, onRemove: "release" as const, seen: false, needs, most };
    const type = () => [ID];
    declare(target, { ...rest, default: [], index: true, kind: "references", name, description, type, reference }, decorate);
    stored({ type: "simple-json" })(target, name);
  };
}

const foreignKey = (name: string, target: () => Constructor): Decorator =>
  ForeignKey(target, { name, onUpdate: "NO ACTION", onDelete: "NO ACTION" }) as Decorator;

/** Gives a class the columns that another one declares: what several nouns have in common is declared once. */
export function share(target: Constructor, shared: Constructor): void {
  for (const { name, decorate } of decorators.get(shared) ?? []) decorate(target.prototype as object, name);
}

/** What many of them are called, unless the noun says otherwise. */
export const pluralOf = ({ name }: Constructor): string => `${name.charAt(0).toLowerCase()}${name.slice(1)}s`;
/** `DataCenter` is kept in `data_center`. */
export const tableOf = ({ name }: Constructor): string => snakeCase(name);
export const snakeCase = (name: string): string => name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();

/** A value object: given and taken in the same shape, as `X` and `XInput`. */
export const ValueType =
  (description: string) =>
  (target: Constructor): void => {
    ObjectType({ description })(target);
    InputType(`${target.name}Input`, { description })(target);
  };

/** An enum as value, type and GraphQL type under one name; of each value it says what it means. */
export function graphqlEnum<V extends string>(
  name: string,
  description: string,
  values: Readonly<Record<V, string>>,
): { readonly [K in V]: K } {
  const meanings = Object.entries(values) as [V, string][];
  const members = Object.fromEntries(meanings.map(([value]) => [value, value])) as { readonly [K in V]: K };
  const valuesConfig = Object.fromEntries(meanings.map(([value, meaning]) => [value, { description: meaning }]));
  registerEnumType(members, { name, description, valuesConfig: valuesConfig as Record<V, { description: string }> });
  return members;
}

/** Phrases that end a sentence (`is up`) as sentences of their own (`Is up.`). */
export const sentences = <V extends string>(phrases: Readonly<Record<V, string>>): Record<V, string> =>
  Object.fromEntries(
    Object.entries<string>(phrases).map(([value, phrase]) => [value, `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}.`]),
  ) as Record<V, string>;
