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
 * The object itself and what it is a part of, nearest first: a role given on one of them holds for the object. The system,
 * which everything is a part of, is not among them.
 */
export function* lineage(snapshot: Snapshot, place: Place): Generator<Place> {
  for (let at: Place | undefined = place; at; at = containerOf(snapshot, at)) yield at;
}

function containerOf(snapshot: Snapshot, { kind, row }: Place): Place | undefined {
  const { within, columns } = declarationOf(kind);
  const id = within === undefined ? null : (row as unknown as Record<string, string | null>)[within];
  if (!id) return undefined;
  const container = columns.find(({ name }) => name === within)!.reference!.target().name as InventoryKind;
  const found = snapshot.get(container, id);
  return found && { kind: container, row: found };
}

/** Whether somebody has a permit on the object, or on something that it is a part of; on the system when it is null. */
const may = ({ permits }: Viewer, permit: Permit, _snapshot: Snapshot, _place: Place | null): boolean => permits.has(permit);

/** Why somebody who lacks a permit may not, null when he has it: the words hold nobody's name, others may read them. */
export const lacksPermit = (viewer: Viewer, permit: Permit, snapshot: Snapshot, place: Place | null): Reason | null =>
  may(viewer, permit, snapshot, place) ? null : needsPermit(permit);

/** Throws FORBIDDEN. */
export function requirePermit(viewer: Viewer, permit: Permit, snapshot: Snapshot, place: Place | null): void {
  const reason = lacksPermit(viewer, permit, snapshot, place);
  if (reason) throw new OvertError("FORBIDDEN", reason.message, [reason]);
}
