import type { Transaction } from "../../db/unitOfWork.ts";
import { invalid } from "../../errors.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import type { InventoryKind } from "../kinds.ts";
import type { Declaration } from "./declaration.ts";

/** Objects one below the other. Rights, removal and search walk up and down. */
const MOST_LEVELS = 20;
type Row = Readonly<{ id: string; version: number } & Record<string, unknown>>;

/**
 * For a noun whose objects are a part of one another: refuses what would put one below itself. Throws INVALID, reasons LOOP
 * and DEPTH.
 */
export function refuseLoop(tx: Transaction, { kind: name, within, columns }: Declaration, row: object, before: object = {}): void {
  if (
    within === undefined ||
    (row as Row)[within] === (before as Row)[within] ||
    columns.find((column) => column.name === within)!.reference!.target().name !== name
  )
    return;
  const kind = name as InventoryKind;
  const path = `input.${String(within)}`;
  const { id, [within]: top } = row as Partial<Row>;
  let levels = id === undefined ? 1 : levelsBelow(tx.snapshot, kind, { id, within, most: MOST_LEVELS });
  for (
    let at = tx.get(kind, (top ?? null) as string | null) as Row | undefined;
    at;
    at = tx.get(kind, at[within] as string | null) as Row | undefined
  ) {
    if (at.id === id) throw invalid(path, "It cannot be below itself.", "LOOP");
    if (++levels > MOST_LEVELS) throw invalid(path, `There can be ${MOST_LEVELS} levels at most.`, "DEPTH");
    // Two that are put below each other at the same time would both be right, each for itself.
    tx.claim(kind, at as never);
  }
}

/** Of an object and all below it, as far as `most`. */
function levelsBelow(snapshot: Snapshot, kind: InventoryKind, { id, within, most }: { id: string; within: string; most: number }): number {
  const below = snapshot.by(kind, within as never, id);
  return 1 + (most > 0 ? Math.max(0, ...below.map((row) => levelsBelow(snapshot, kind, { id: row.id, within, most: most - 1 }))) : 0);
}
