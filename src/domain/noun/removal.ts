import type { Transaction } from "../../db/unitOfWork.ts";
import { refuseWhileUsed } from "../input.ts";
import type { InventoryKind, RowOf } from "../kinds.ts";
import type { Column } from "./columns.ts";
import { referrersOf } from "./declaration.ts";

/**
 * Removes an object with what goes with it, and makes those let go that only point to it. Throws CONFLICT, reason IN_USE,
 * while something refers to it, or to what would go with it, that cannot do without.
 */
export function removeWithParts<K extends InventoryKind>(tx: Transaction, kind: K, row: RowOf<K>): void {
  const referrers = referrersOf(kind);
  // No foreign key keeps out who puts it into a list at the same time.
  if (referrers.some(([, column]) => column.kind === "references")) tx.claim(kind, row);
  for (const [{ kind: other, words }, column] of referrers) {
    const users = tx.snapshot
      .by(other as InventoryKind, column.name as never, row.id)
      .filter(({ id }) => tx.get(other as InventoryKind, id));
    const { onRemove } = column.reference!;
    if (onRemove === "refuse") refuseWhileUsed({ kind: other, words }, users);
    for (const user of users)
      if (onRemove === "cascade") removeWithParts(tx, other as InventoryKind, user);
      else tx.update(other as InventoryKind, user, { [column.name]: without(user, column, row.id) });
  }
  tx.remove(kind, row);
}

const without = (user: object, { name, kind }: Column, id: string): readonly string[] | null =>
  kind === "references" ? (user as Record<string, readonly string[]>)[name]!.filter((each) => each !== id) : null;
