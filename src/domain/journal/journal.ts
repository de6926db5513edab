import type { Database } from "../../db/database.ts";
import type { CommitSink } from "../../db/unitOfWork.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import type { Entry } from "./entry.ts";
import { createLine, type Line, type Moment } from "./line.ts";
import { prune } from "./prune.ts";
import { loadSnapshot, READ_BATCH, readEntries, readHead } from "./read.ts";

/** When an earlier number is not told here by then, it was committed elsewhere and is fetched. */
const GAP_RECHECK_MS = 50;
/** Commits of other engines are noticed this soon. */
const POLL_MS = 1_000;

/** What a follower receives: the next entry, or that entries after `from` up to `to` no longer exist. */
export type Followed = Told | { gap: { from: number; to: number } };
/** `before` is null where it is no longer known; `snapshot` is the newest then. */
interface Told extends Omit<Moment, "before"> {
  before: Snapshot | null;
}

export interface Journal extends CommitSink {
  /** Newest inventory. */
  snapshot(): Snapshot;
  /**
   * Every entry after `cursor`, in order, each once: from memory, else from the database, then live until `signal` aborts.
   * Nothing is queued per follower: a slow one reads later. Live and recent entries come with the snapshots before and after
   * them, older ones with the newest.
   */
  follow(cursor: number, signal: AbortSignal): AsyncGenerator<Followed>;
  /** Forgets entries older than `before`, and answers how many; never the newest. Followers that need them get a gap. */
  prune(before: Date): Promise<number>;
  /** Stops looking for commits of other engines. Followers are ended by their own signals. */
  close(): void;
}

export async function openJournal(database: Database): Promise<Journal> {
  const line = createLine(await loadSnapshot(database));
  const catchUp = () => catchUpWith(database, line);
  const committed = async (entry: Entry): Promise<void> => {
    line.add([entry]);
    // An earlier number is committed but not told here yet: its writer is about to, or it is another engine's.
    while (line.newest().cursor < entry.cursor) if (!(await line.moved(undefined, GAP_RECHECK_MS))) await catchUp();
  };
  const look = async (): Promise<void> => {
    if ((await readHead(database.reader)).cursor > line.newest().cursor) await catchUp();
  };
  return {
    snapshot: () => line.newest(),
    committed,
    catchUp,
    follow: (cursor, signal) => follow(database, line, cursor, signal),
    prune: (before) => prune(database, before),
    close: database.embedded ? () => undefined : every(POLL_MS, look),
  };
}

async function catchUpWith(database: Database, line: Line): Promise<void> {
  for (;;) {
    const { cursor } = line.newest();
    const entries = await readEntries(database.reader, cursor, Number.MAX_SAFE_INTEGER);
    const pruned = entries.length > 0 && entries[0]!.cursor > cursor + 1;
    if (pruned) line.replace(await loadSnapshot(database));
    line.add(entries);
    if (entries.length < READ_BATCH) return;
  }
}

async function* follow(database: Database, line: Line, start: number, signal: AbortSignal): AsyncGenerator<Followed> {
  let cursor = start;
  while (!signal.aborted) {
    const upTo = line.newest().cursor;
    const next = line.after(cursor);
    if (cursor >= upTo) await line.moved(signal);
    else if (next) {
      cursor = next.entry.cursor;
      yield next;
    } else {
      const entries = await readEntries(database.reader, cursor, upTo);
      const to = (entries[0]?.cursor ?? upTo + 1) - 1;
      if (to > cursor) yield { gap: { from: cursor, to } };
      cursor = to;
      for (const entry of entries) {
        if (signal.aborted) return;
        cursor = entry.cursor;
        yield { entry, snapshot: line.newest(), before: null };
      }
    }
  }
}

/** Until the returned function is called; a failed look is made up for by the next. */
function every(ms: number, look: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout;
  let closed = false;
  const again = () => {
    if (!closed)
      timer = setTimeout(
        () =>
          void look()
            .catch(() => undefined)
            .finally(again),
        ms,
      ).unref();
  };
  again();
  return () => {
    closed = true;
    clearTimeout(timer);
  };
}
