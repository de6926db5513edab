import { LRUCache } from "lru-cache";
import { notFound } from "../../errors.ts";
import type { Event } from "../event/event.ts";
import type { Difference, OrderedAfter, Snapshot } from "../inventory/snapshot.ts";
import type { IndexOf, InventoryKind, RowOf, SnapshotKind } from "../kinds.ts";
import type { Column } from "../noun/columns.ts";
import { declarationOf, declarations, type Declaration } from "../noun/declaration.ts";
import type { Viewer } from "./caller.ts";
import type { Grants } from "./grants.ts";
import type { Permit } from "./permits.ts";
import { containerOf, containersOf, may, type Place } from "./rights.ts";

/** Views that are kept for the next who looks at the same moment with the same rights. */
const KEPT_VIEWS = 16;
/** Answers that a view remembers; the others it works out again. */
const KEPT_ANSWERS = 20_000;
const kept = new LRUCache<string, View>({ max: KEPT_VIEWS });
const numbers = new WeakMap<Snapshot, number>();
let last = 0;

/** The inventory as somebody may see it: what he may not see does not exist in it. The same snapshot for who sees all. */
export function viewOf(snapshot: Snapshot, { grants }: Viewer): Snapshot {
  if (grants.seesAll) return snapshot;
  const number = numbers.get(snapshot) ?? ++last;
  numbers.set(snapshot, number);
  const key = `${number} ${grants.key}`;
  const view = kept.get(key) ?? new View(snapshot, grants);
  kept.set(key, view);
  return view;
}

/** What an event can be about, the most particular first. */
const SUBJECTS = [
  ["Vm", "vmId"],
  ["Template", "templateId"],
  ["Host", "hostId"],
  ["StorageDomain", "storageDomainId"],
  ["Cluster", "clusterId"],
  ["DataCenter", "dataCenterId"],
] as const;

/** Whether an event is told to who sees this: with the most particular of what it is about and is still there. */
export function showsEvent(seen: Snapshot, event: Readonly<Event>): boolean {
  if (!(seen instanceof View)) return true;
  for (const [kind, link] of SUBJECTS) {
    const row = seen.whole.get(kind, event[link]);
    if (row) return seen.reaches({ kind, row });
  }
  return false;
}

/** Whether a job is told to who sees this: with the object that it is about, and to whoever asked for it. */
export function showsJob(
  seen: Snapshot,
  { subjectKind, subjectId, ownerId }: Pick<RowOf<"Job">, "subjectKind" | "subjectId" | "ownerId">,
): boolean {
  if (!(seen instanceof View)) return true;
  const kind = subjectKind as InventoryKind;
  const row = seen.whole.get(kind, subjectId);
  return (ownerId !== null && ownerId === seen.grants.userId) || (row !== undefined && seen.reaches({ kind, row }));
}

/** Whether a row, which may be gone or not yet there, is one that is shown. */
export const showsRow = <K extends SnapshotKind>(seen: Snapshot, kind: K, row: RowOf<K>): boolean =>
  !(seen instanceof View) || seen.shows(kind, row);

/** Everything, whatever part of it is seen: to decide with, and for nothing that is answered. */
export const wholeOf = (seen: Snapshot): Snapshot => (seen instanceof View ? seen.whole : seen);

/**
 * A row is in the view when its noun says so (`visible`), or else
 * - when it is open to everybody,
 * - when there is a role on it, or on something that it is a part of and whose role shows what is in it,
 * - when it contains something on which there is a role,
 * - when a permit on it that is for using it (`seenWith`) is among the viewer's,
 * - when something in the view shows it (a reference that is `seen`).
 */
export class View implements Snapshot {
  readonly cursor: number;
  readonly #answers = new Map<string, boolean>();
  readonly #partsShown = new Map<string, boolean>();
  #containers: ReadonlySet<string> | undefined;

  constructor(
    readonly whole: Snapshot,
    readonly grants: Grants,
  ) {
    this.cursor = whole.cursor;
  }

  stamp(kind: SnapshotKind): object {
    return this.whole.stamp(kind);
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
    return Array.from(this.all(kind)).length;
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
    const place = { kind: kind as InventoryKind, row };
    // A row of another moment has an answer of its own.
    if (this.whole.get(kind, row.id) !== row) return this.#isShown(place);
    const known = this.#answers.get(row.id);
    if (known !== undefined) return known;
    const shown = this.#isShown(place);
    if (this.#answers.size < KEPT_ANSWERS) this.#answers.set(row.id, shown);
    return shown;
  }

  /** By a role, and not only as the container of something. */
  reaches(place: Place): boolean {
    return this.grants.objects.has(place.row.id) || containersOf(this.whole, place).some((container) => this.#showsParts(container));
  }

  #isShown(place: Place): boolean {
    const { open, visible } = declarationOf(place.kind);
    if (visible) return visible(place.row as never, this, this.whole);
    return (
      (open?.(place.row as never) ?? false) ||
      this.reaches(place) ||
      this.#holds(place.row.id) ||
      permitsThatShow(place.kind).some((permit) => may(this, permit, this.whole, place)) ||
      this.#isSeenWith(place)
    );
  }

  #showsParts(place: Place): boolean {
    const { id } = place.row;
    const known = this.#partsShown.get(id);
    if (known !== undefined) return known;
    // For now, so that what is a part of itself comes to an end.
    this.#partsShown.set(id, false);
    const shown =
      this.grants.objects.get(id)?.showsParts || containersOf(this.whole, place).some((container) => this.#showsParts(container));
    this.#partsShown.set(id, shown);
    return shown;
  }

  #holds(id: string): boolean {
    this.#containers ??= this.#allContainers();
    return this.#containers.has(id);
  }

  #allContainers(): ReadonlySet<string> {
    const found = new Set<string>();
    for (const [objectId, grant] of this.grants.objects) {
      const kind = grant.kind as InventoryKind;
      const row = this.whole.get(kind, objectId);
      let place: Place | undefined = row && { kind, row };
      while (place && !found.has(place.row.id)) {
        found.add(place.row.id);
        place = containerOf(this.whole, place);
      }
    }
    return found;
  }

  #isSeenWith({ kind, row }: Place): boolean {
    return seenReferencesTo(kind).some(([other, { name }]) =>
      this.whole.by(other, name as never, row.id).some((referrer) => this.shows(other, referrer)),
    );
  }
}

/** Permits that show an object of a kind: those for using it, and those for using what is a part of it. */
function permitsThatShow(kind: InventoryKind): readonly Permit[] {
  const known = showing.get(kind);
  if (known) return known;
  showing.set(kind, []);
  const { seenWith = [] } = declarationOf(kind);
  const parts = declarations().filter(({ within, columns }) =>
    columns.some(({ name, reference }) => name === within && reference?.target().name === kind),
  );
  const permits = [...new Set([...seenWith, ...parts.flatMap((part) => permitsThatShow(part.kind as InventoryKind))])];
  showing.set(kind, permits);
  return permits;
}
const showing = new Map<InventoryKind, readonly Permit[]>();

function seenReferencesTo(kind: InventoryKind): readonly (readonly [InventoryKind, Column])[] {
  const known = seenReferences.get(kind);
  if (known) return known;
  const found = declarations().flatMap((declaration: Declaration) =>
    declaration.columns
      .filter(({ reference }) => reference?.seen && reference.target().name === kind)
      .map((column) => [declaration.kind as InventoryKind, column] as const),
  );
  seenReferences.set(kind, found);
  return found;
}
const seenReferences = new Map<InventoryKind, readonly (readonly [InventoryKind, Column])[]>();
