import { inSlice } from "../../slice.ts";
import type { Change, Entry } from "../journal/entry.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import { isListedKind, LISTED_KINDS, type ListedKind, type RowOf } from "../kinds.ts";
import { declarationOf, declarations } from "../noun/declaration.ts";
import { containersOf, type Place } from "./rights.ts";
import { showsJob, showsRow, wholeOf } from "./view.ts";

/** What somebody is told of one row in a commit. */
export type SeenChange = Pick<Change, "operation" | "kind" | "id" | "row">;
export interface Sight {
  /** What he saw before the commit; null where that is no longer known. */
  before: Snapshot | null;
  after: Snapshot;
  /** Whether his own rights changed with it. */
  rightsChanged: boolean;
}

/**
 * A commit as somebody sees it: what leaves his view is DELETED for him, what enters it is CREATED, also where the row itself
 * stays as it is. In the order of the commit; what only entered or left comes last.
 */
export async function changesSeen({ changes }: Pick<Entry, "changes">, sight: Sight): Promise<readonly SeenChange[]> {
  if (sight.after === wholeOf(sight.after) && (sight.before === null || sight.before === wholeOf(sight.before))) return changes;
  const own = changes.flatMap((change) => ownChange(changes, change, sight) ?? []);
  const known = new Set(changes.map(({ id }) => id));
  const others = sight.rightsChanged || changes.some(movesParts) ? await everything(sight) : around(changes, sight);
  const moved: SeenChange[] = [];
  for (const named of others) {
    await inSlice();
    const change = known.has(named.id) ? null : transition(named, sight);
    if (change) moved.push(change);
  }
  return [...own, ...moved];
}

function ownChange(all: readonly Change[], change: Change, { before, after }: Sight): SeenChange | null {
  const { kind, id, operation, row } = change;
  if (kind === "Job" || kind === "Step") return isOfSeenJob(all, change, after) ? change : null;
  if (!isListedKind(kind)) return null;
  const earlier = before && wholeOf(before).get(kind, id);
  const wasSeen =
    before === null ? operation !== "CREATED" && showsRow(after, kind, row as RowOf<ListedKind>) : before.get(kind, id) !== undefined;
  const isSeen = operation !== "DELETED" && showsRow(after, kind, row as RowOf<ListedKind>);
  if (isSeen) return { ...change, operation: wasSeen ? operation : "CREATED" };
  return wasSeen ? { kind, id, operation: "DELETED", row: earlier ?? row } : null;
}

function isOfSeenJob(all: readonly Change[], { kind, row }: Change, seen: Snapshot): boolean {
  if (kind === "Job") return showsJob(seen, row as RowOf<"Job">);
  const { jobId } = row as RowOf<"Step">;
  const job = (all.find(({ id }) => id === jobId)?.row as RowOf<"Job"> | undefined) ?? wholeOf(seen).get("Job", jobId);
  return job !== undefined && showsJob(seen, job);
}

/** Of a row that the commit left as it was. */
function transition({ kind, id }: Named, { before, after }: Sight): SeenChange | null {
  const [was, is] = [before?.get(kind, id), after.get(kind, id)];
  if (is && !was) return { kind, id, operation: "CREATED", row: is };
  return was && !is ? { kind, id, operation: "DELETED", row: was } : null;
}

interface Named {
  kind: ListedKind;
  id: string;
}
/** Every row of either view. */
async function everything({ before, after }: Sight): Promise<Named[]> {
  const found = new Map<string, Named>();
  for (const seen of before ? [before, after] : [after])
    for (const kind of LISTED_KINDS)
      for (const { id } of seen.all(kind)) {
        await inSlice();
        found.set(id, { kind, id });
      }
  return [...found.values()];
}

/** It may take its parts into another view, or out of one: by then they are looked at one by one. */
const movesParts = ({ kind, operation, fields }: Change): boolean => {
  if (operation !== "UPDATED" || !isListedKind(kind)) return false;
  const { within } = declarationOf(kind);
  return within !== undefined && fields.includes(within) && declarations().some((other) => isWithin(other.kind, kind));
};
const isWithin = (kind: string, container: string): boolean => {
  const { within, columns } = declarationOf(kind);
  return columns.some(({ name, reference }) => name === within && reference?.target().name === container);
};

/** What could be seen, or not any more, because of the rows that changed: what they are a part of and what is seen with them. */
function around(changes: readonly Change[], { before, after }: Sight): Named[] {
  const found = new Map<string, Named>();
  for (const moment of before ? [before, after] : [after]) {
    const whole = wholeOf(moment);
    const visit = (place: Place): void => {
      for (const next of [...containersOf(whole, place), ...seenWith(whole, place)]) {
        const { kind, row } = next;
        if (found.has(row.id) || !isListedKind(kind)) continue;
        found.set(row.id, { kind, id: row.id });
        visit(next);
      }
    };
    for (const { kind, id, row } of changes)
      if (isListedKind(kind)) visit({ kind, row: whole.get(kind, id) ?? (row as RowOf<ListedKind>) });
  }
  return [...found.values()];
}

const seenWith = (snapshot: Snapshot, { kind, row }: Place): Place[] =>
  declarationOf(kind).columns.flatMap(({ name, reference }): Place[] => {
    if (!reference?.seen) return [];
    const far = reference.target().name as ListedKind;
    const found = snapshot.get(far, (row as unknown as Record<string, string | null>)[name] ?? null);
    return found ? [{ kind: far, row: found }] : [];
  });
