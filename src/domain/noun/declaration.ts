import { ObjectType } from "type-graphql";
import { Entity, Index } from "typeorm";
import type { Viewer } from "../access/caller.ts";
import type { Permit } from "../access/permits.ts";
import type { RoleName } from "../access/roles.ts";
import type { AuditLogName } from "../event/codes.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import type { InventoryKind } from "../kinds.ts";
import type { SearchFacts } from "../inventory/search/table.ts";
import { columnsOf, pluralOf, share, snakeCase, tableOf, type Column } from "./columns.ts";
import { Node } from "./node.ts";

/** What a class says of itself as a noun, beside its columns. Entity, types, inputs, edges, indexes, rights and the usual verbs follow from both. */
interface Facts<T extends object = object> {
  description: string;
  /** What people call one in the midst of a sentence, where that is not its name in words: `vNIC profile`. */
  words?: string;
  /** Of the root query of all of them; the name with an `s` unless said. */
  plural?: string;
  /** Columns whose values, taken together, no two objects share. A refusal names the last. */
  unique?: readonly (readonly (keyof T & string)[])[];
  /** The reference to what it is a part of: a right on that is a right on this. Without one it is a part of the system. */
  within?: keyof T & `${string}Id`;
  /** What else it is a part of, by other rows. */
  alsoWithin?: (row: Readonly<T>, snapshot: Snapshot) => readonly { kind: InventoryKind; id: string }[];
  /** Visible to everybody, and to be used by everybody. */
  open?: (row: Readonly<T>) => boolean;
  /** Permits for using one: whoever has one of them on it sees it. */
  seenWith?: readonly Permit[];
  /** Whether a viewer sees one, where that does not follow from roles on it and on what it is a part of. */
  visible?: (row: Readonly<T>, viewer: Viewer, snapshot: Snapshot) => boolean;
  /** The role that somebody gets on one that he made, unless he may give himself any. */
  owner?: RoleName;
  /** What it can be searched by beside what follows from its columns. */
  search?: SearchFacts<Readonly<T>>;
  /** Classes whose columns it has too. */
  shares?: readonly (new () => object)[];
  /** What the verbs that every noun has ask for; `add` asks on what the new object is to be a part of. */
  rights?: { add?: Permit; update?: Permit; remove?: Permit };
  /** oVirt's events of these verbs. */
  events?: { add?: AuditLogName; update?: AuditLogName; remove?: AuditLogName };
  /** What oVirt calls otherwise of it: a type, a member (`Host.version`), an operation (`VmService.stop`) or a service. */
  ovirt?: Readonly<Record<string, Deviation>>;
  /** Each state as the rest of a sentence that begins with the object's name: `is locked by a job`. */
  phrases?: Readonly<Record<string, string>>;
  /** States in which `update` and `remove` are allowed; all when absent. */
  states?: { update?: readonly string[]; remove?: readonly string[] };
}

/** Where something of oVirt's is found here, and why not under its name. Without `as` it is the reason alone. */
interface Deviation {
  as?: string;
  why?: string;
}

export interface Declaration extends Facts {
  /** Name of the class, of the GraphQL type, and of its kind in the journal. */
  readonly kind: string;
  readonly entity: new () => object;
  readonly words: string;
  readonly columns: readonly Column[];
  /** Of the payloads of its mutations and of its root query: `dataCenter`. */
  readonly field: string;
  readonly plural: string;
  /** Where its rows are kept. */
  readonly table: string;
}

const declared = new Map<string, Declaration>();

/** What was declared under this name. Throws for what is no noun. */
export function declarationOf(kind: string): Declaration {
  const found = declared.get(kind);
  if (!found) throw new Error(`${kind} is not declared as a noun.`);
  return found;
}
/** All that there are. */
export const declarations = (): readonly Declaration[] => [...declared.values()];

/** Every column that refers to the kind, with the noun that has it. */
export const referrersOf = (kind: string): [Declaration, Column][] =>
  declarations().flatMap((declaration) =>
    declaration.columns
      .filter(({ reference }) => reference?.target().name === kind)
      .map((column): [Declaration, Column] => [declaration, column]),
  );

/** Makes a class with columns a noun: an entity of the database and a type of the schema. */
export const Noun =
  <T extends object>(facts: Facts<T>) =>
  (entity: new () => T): void => {
    const { name: kind } = entity;
    for (const shared of facts.shares ?? []) share(entity, shared);
    ObjectType({ description: facts.description, implements: Node })(entity);
    const table = tableOf(entity);
    Entity({ name: table })(entity);
    for (const columns of facts.unique ?? []) Index(`uq_${table}_${columns.at(-1)}`, [...columns], { unique: true })(entity);
    const field = kind.charAt(0).toLowerCase() + kind.slice(1);
    const { plural = pluralOf(entity), words = snakeCase(kind).replaceAll("_", " ") } = facts;
    declared.set(kind, { ...(facts as unknown as Facts), kind, entity, words, field, plural, table, columns: columnsOf(entity) });
  };

/** As the first word of a sentence. */
export const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
