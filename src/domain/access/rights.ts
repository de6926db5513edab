import { OvertError, type Reason } from "../../errors.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import type { InventoryKind } from "../kinds.ts";
import { declarationOf } from "../noun/declaration.ts";
import { needsPermit, type Viewer } from "./caller.ts";
import type { Permit } from "./permits.ts";

/** An object on which a right is asked for. */
export interface Place {
  kind: InventoryKind;
  row: Readonly<{ id: string }>;
}

/**
 * The object itself and all that it is a part of, nearest first, each once: a role given on one of them holds for the object.
 * The system, which everything is a part of, is not among them.
 */
export function* lineage(snapshot: Snapshot, { kind, row }: Place, seen = new Set<string>()): Generator<Place> {
  if (seen.has(row.id)) return;
  seen.add(row.id);
  yield { kind, row };
  for (const container of containersOf(snapshot, { kind, row })) yield* lineage(snapshot, container, seen);
}

/** What an object is a part of, directly: the one that its row names first. */
export function containersOf(snapshot: Snapshot, place: Place): Place[] {
  const named = containerOf(snapshot, place);
  const others = declarationOf(place.kind).alsoWithin?.(place.row as never, snapshot) ?? [];
  if (others.length === 0) return named ? [named] : [];
  const found = others.flatMap(({ kind, id }): Place[] => {
    const row = snapshot.get(kind, id);
    return row ? [{ kind, row }] : [];
  });
  return named ? [named, ...found] : found;
}

/** The container that an object's own row names; undefined for what is a part of the system only. */
export function containerOf(snapshot: Snapshot, { kind, row }: Place): Place | undefined {
  const { within, columns } = declarationOf(kind);
  const id = within === undefined ? null : (row as unknown as Record<string, string | null>)[within];
  if (!id) return undefined;
  const container = columns.find(({ name }) => name === within)!.reference!.target().name as InventoryKind;
  const found = snapshot.get(container, id);
  return found && { kind: container, row: found };
}

/** Whether somebody has a permit on the object, or on something that it is a part of; on the system when it is null. */
export function may({ grants }: Viewer, needed: Permit, snapshot: Snapshot, place: Place | null): boolean {
  if (grants.system.has(needed)) return true;
  if (place === null || grants.objects.size === 0) return false;
  for (const { row } of lineage(snapshot, place)) if (grants.objects.get(row.id)?.permits.has(needed)) return true;
  return false;
}

/** Why somebody who lacks a permit may not, null when he has it: the words hold nobody's name, others may read them. */
export const lacksPermit = (viewer: Viewer, permit: Permit, snapshot: Snapshot, place: Place | null): Reason | null =>
  may(viewer, permit, snapshot, place) ? null : needsPermit(permit);

/** Throws FORBIDDEN. */
export function requirePermit(viewer: Viewer, permit: Permit, snapshot: Snapshot, place: Place | null): void {
  const reason = lacksPermit(viewer, permit, snapshot, place);
  if (reason) throw new OvertError("FORBIDDEN", reason.message, [reason]);
}
