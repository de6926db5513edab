import type { Transaction } from "../../db/unitOfWork.ts";
import { refuseWhileUsed } from "../input.ts";
import type { InventoryKind, RowOf } from "../kinds.ts";
import { referrersOf } from "./declaration.ts";

/**
 * Removes an object with what goes with it, and makes those let go that only point to it. Throws CONFLICT, reason IN_USE,
 * while something refers to it, or to what would go with it, that cannot do without.
 */
export function removeWithParts<K extends InventoryKind>(tx: Transaction, kind: K, row: RowOf<K>): void {
  for (const [{ kind: other, words }, column] of referrersOf(kind)) {
    const users = tx.snapshot
      .by(other as InventoryKind, column.name as never, row.id)
      .filter(({ id }) => tx.get(other as InventoryKind, id));
    const { onRemove } = column.reference!;
    if (onRemove === "refuse") refuseWhileUsed({ kind: other, words }, users);
    for (const user of users)
      if (onRemove === "cascade") removeWithParts(tx, other as InventoryKind, user);
      else tx.update(other as InventoryKind, user, { [column.name]: null });
  }
  tx.remove(kind, row);
}
