import type { Snapshot } from "../inventory/snapshot.ts";
import { isListedKind, type ListedKind, type RowOf, type SnapshotKind } from "../kinds.ts";
import type { Column } from "../noun/columns.ts";
import { declarationOf } from "../noun/declaration.ts";
import type { Place } from "./rights.ts";
import { showsRow, View, wholeOf } from "./view.ts";

/** Another moment for who sees `now`: of what there still is what he sees now, as it was then; everything for who sees all. */
export const pastViewOf = (past: Snapshot, now: Snapshot): Snapshot => (now instanceof View ? new PastView(past, now) : past);

class PastView extends View {
  readonly #now: View;

  constructor(past: Snapshot, now: View) {
    super(past, now.grants);
    this.#now = now;
  }

  override shows<K extends SnapshotKind>(kind: K, row: RowOf<K>): boolean {
    if (!isListedKind(kind)) return false;
    const is = wholeOf(this.#now).get<ListedKind>(kind, row.id);
    const shown = showsRow<ListedKind>(this.#now, kind, is ?? (row as RowOf<ListedKind>));
    // What it cannot be told without was perhaps another one then.
    return shown && neededOf(kind).every((column) => this.#showsFar(column, row));
  }

  override reaches({ kind, row }: Place): boolean {
    return this.shows(kind, row as RowOf<typeof kind>);
  }

  #showsFar({ name, reference }: Column, row: object): boolean {
    const kind = reference!.target().name as ListedKind;
    const far = this.whole.get(kind, (row as Record<string, string>)[name]!);
    return far !== undefined && this.shows(kind, far);
  }
}

/** References that are told of every object: it is seen with them. */
function neededOf(kind: ListedKind): readonly Column[] {
  const { columns, within, alsoWithin } = declarationOf(kind);
  return columns.filter(
    ({ kind: type, name, nullable = false, reference }) =>
      type === "reference" && !nullable && (reference!.seen || (name === within && alsoWithin === undefined)),
  );
}
