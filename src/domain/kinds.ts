import { getMetadataStorage } from "type-graphql";
import * as entities from "./entities.ts";
import { columnsOf, graphqlEnum } from "./noun/columns.ts";

/** Every kind of entity whose changes are journaled. */
export const KINDS = { ...entities };
export type Kind = keyof typeof KINDS;
export type RowOf<K extends Kind> = Readonly<InstanceType<(typeof KINDS)[K]>>;
/** In an order in which inserts satisfy the foreign keys. */
export const KIND_NAMES: readonly Kind[] = inOrderOfReferences();

function inOrderOfReferences(): Kind[] {
  const placed = new Set<string>();
  const place = (kind: string) => {
    if (placed.has(kind)) return;
    placed.add(kind);
    for (const { kind: type, reference } of columnsOf(KINDS[kind as Kind])) if (type === "reference") place(reference!.target().name);
    ordered.push(kind as Kind);
  };
  const ordered: Kind[] = [];
  for (const kind of Object.keys(KINDS)) place(kind);
  return ordered;
}

/** The column of a kind that refers to the kind itself. */
export const SELF_REFERENCES = Object.fromEntries(
  Object.entries(KINDS).map(([kind, entity]) => [
    kind,
    columnsOf(entity).find(({ kind: type, reference }) => type === "reference" && reference!.target().name === kind)?.name,
  ]),
) as Readonly<Record<Kind, string | undefined>>;

/** Job history is in the database only; everything else is in the inventory too. */
export type InventoryKind = Exclude<Kind, "Job" | "Step">;
/** What a snapshot holds: the inventory, and of the jobs those that run, so that a verb sees who is at work on its object. */
export type SnapshotKind = InventoryKind | "Job";
const isInventoryKind = (kind: Kind): kind is InventoryKind => kind !== "Job" && kind !== "Step";
export const INVENTORY_KINDS = KIND_NAMES.filter(isInventoryKind);
export const isSnapshotKind = (kind: Kind): kind is SnapshotKind => kind === "Job" || isInventoryKind(kind);
export const SNAPSHOT_KINDS = KIND_NAMES.filter(isSnapshotKind);

/** Kinds that clients are told about: sessions are between the engines. */
export type ToldKind = Exclude<Kind, "Session">;
export const isToldKind = (kind: Kind): kind is ToldKind => kind !== "Session";
export const TOLD_KINDS = KIND_NAMES.filter(isToldKind);
/** Kinds that are listed, searched and found by their id. */
export type ListedKind = InventoryKind & ToldKind;
export const isListedKind = (kind: Kind): kind is ListedKind => isInventoryKind(kind) && isToldKind(kind);
export const LISTED_KINDS = KIND_NAMES.filter(isListedKind);

/** Columns by which a snapshot can be asked for rows of a kind, beside the id. */
export const INDEXES = Object.fromEntries(
  Object.entries(KINDS).map(([kind, entity]) => [
    kind,
    columnsOf(entity)
      .filter(({ index }) => index)
      .map(({ name }) => name),
  ]),
) as unknown as Record<Kind, readonly string[]>;
/** A column that is declared as an index; asking by another one throws. */
export type IndexOf<K extends SnapshotKind> = keyof RowOf<K> & string;

const { objectTypes } = getMetadataStorage();
const meaningOf = (kind: ToldKind) => objectTypes.find(({ target }) => target === KINDS[kind])?.description ?? "";
export const EntityKind = graphqlEnum(
  "EntityKind",
  "Kinds of entity that `changes` tells about.",
  Object.fromEntries(TOLD_KINDS.map((kind) => [kind, meaningOf(kind)])) as Record<ToldKind, string>,
);
