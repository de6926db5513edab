import { notFound } from "../../errors.ts";
import type { Event } from "../event/event.ts";
import type { Difference, OrderedAfter, Snapshot } from "../inventory/snapshot.ts";
import type { IndexOf, InventoryKind, RowOf, SnapshotKind } from "../kinds.ts";
import { declarationOf } from "../noun/declaration.ts";
import type { Viewer } from "./caller.ts";
import type { Grants } from "./grants.ts";
import { lineage } from "./rights.ts";

/** The inventory as somebody may see it: what he may not see does not exist in it. The same snapshot for who sees all. */
export const viewOf = (snapshot: Snapshot, { grants }: Viewer): Snapshot => (grants.seesAll ? snapshot : new View(snapshot, grants));

/** What an event can be about, the most particular first. */
const SUBJECTS = [
  ["Vm", "vmId"],
  ["Template", "templateId"],
  ["Host", "hostId"],
  ["StorageDomain", "storageDomainId"],
  ["Cluster", "clusterId"],
  ["DataCenter", "dataCenterId"],
] as const;

/** Whether an event is told to who sees this: with the object that it is about, or where that is gone, with what it was a part of. */
export function showsEvent(seen: Snapshot, event: Readonly<Event>): boolean {
  if (!(seen instanceof View)) return true;
  const about = SUBJECTS.flatMap(([kind, link]) => {
    const row = seen.whole.get(kind, event[link]);
    return row ? [{ kind, row }] : [];
  })[0];
  return about !== undefined && seen.reaches(about.kind, about.row);
}

/** Whether a job is told to who sees this: with the object that it is about. */
export function showsJob(seen: Snapshot, { subjectKind, subjectId }: Pick<RowOf<"Job">, "subjectKind" | "subjectId">): boolean {
  if (!(seen instanceof View)) return true;
  const row = seen.whole.get(subjectKind as InventoryKind, subjectId);
  return row !== undefined && seen.reaches(subjectKind as InventoryKind, row);
}

/** Whether a row, which may be gone or not yet there, is one that is shown. */
export const showsRow = (seen: Snapshot, kind: InventoryKind, row: RowOf<InventoryKind>): boolean =>
  !(seen instanceof View) || seen.shows(kind, row);

/**
 * A row is in the view when there is a role on it, or on something that it is a part of whose role shows what is in it; and
 * the containers of what there is a role on are in it as containers.
 */
class View implements Snapshot {
  readonly cursor: number;
  readonly #visible = new Map<string, boolean>();
  #containers: ReadonlySet<string> | undefined;

  constructor(
    readonly whole: Snapshot,
    readonly grants: Grants,
  ) {
    this.cursor = whole.cursor;
  }

  get<K extends SnapshotKind>(kind: K, id: string | null): RowOf<K> | undefined {
    const row = this.whole.get(kind, id);
    return row && this.shows(kind, row) ? row : undefined;
  }

  need<K extends SnapshotKind>(kind: K, id: string): RowOf<K> {
    const row = this.get(kind, id);
    if (!row) throw notFound(kind, id);
    return row;
  }

  count(kind: SnapshotKind): number {
    let count = 0;
    for (const _row of this.all(kind)) count++;
    return count;
  }

  since<K extends SnapshotKind>(kind: K, earlier: Snapshot): Difference<K>[] {
    const before = earlier instanceof View ? earlier : new View(earlier, this.grants);
    return this.whole.since(kind, before.whole).flatMap((difference) => {
      const shown = {
        ...(difference.before && before.shows(kind, difference.before) && { before: difference.before }),
        ...(difference.after && this.shows(kind, difference.after) && { after: difference.after }),
      };
      return shown.before || shown.after ? [shown] : [];
    });
  }

  *all<K extends SnapshotKind>(kind: K): Generator<RowOf<K>> {
    for (const row of this.whole.all(kind)) if (this.shows(kind, row)) yield row;
  }

  by<K extends SnapshotKind>(kind: K, column: IndexOf<K>, value: string | null): RowOf<K>[] {
    return this.whole.by(kind, column, value).filter((row) => this.shows(kind, row));
  }

  *ordered<K extends SnapshotKind>(kind: K, column: IndexOf<K>, after?: OrderedAfter, backwards?: boolean): Generator<RowOf<K>> {
    for (const row of this.whole.ordered(kind, column, after, backwards)) if (this.shows(kind, row)) yield row;
  }

  shows<K extends SnapshotKind>(kind: K, row: RowOf<K>): boolean {
    if (kind === "Job") return showsJob(this, row as RowOf<"Job">);
    if (kind === "Session") return false;
    const known = this.#visible.get(row.id);
    if (known !== undefined) return known;
    const noun = kind as InventoryKind;
    const shown =
      (declarationOf(noun).open?.(row as never) ?? false) || this.reaches(noun, row as RowOf<InventoryKind>) || this.#holds(row.id);
    this.#visible.set(row.id, shown);
    return shown;
  }

  /** By a role, and not only as the container of something. */
  reaches(kind: InventoryKind, row: RowOf<InventoryKind>): boolean {
    for (const place of lineage(this.whole, { kind, row })) {
      const grant = this.grants.objects.get(place.row.id);
      if (grant && (grant.showsParts || place.row.id === row.id)) return true;
    }
    return false;
  }

  #holds(id: string): boolean {
    this.#containers ??= new Set(
      [...this.grants.objects].flatMap(([objectId, { kind }]) => {
        const row = this.whole.get(kind, objectId);
        return row ? [...lineage(this.whole, { kind, row })].map((place) => place.row.id) : [];
      }),
    );
    return this.#containers.has(id);
  }
}
