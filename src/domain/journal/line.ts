import { advance, type Snapshot } from "../inventory/snapshot.ts";
import { bytesIn } from "./bytes.ts";
import type { Entry } from "./entry.ts";

/** Entries kept in memory, and what their rows may take there; an older cursor is served from the database. */
const RECENT_ENTRIES = 2_000;
const RECENT_BYTES = 64 * 1024 * 1024;
/** Of each change beside its row: the part of the inventory's trees that is another one after it. */
const CHANGE_BYTES = 4_096;

/** An entry with the inventory it led to, and the one that it changed. */
export interface Moment {
  entry: Entry;
  snapshot: Snapshot;
  before: Snapshot;
}

/** The newest inventory and the entries that lead up to it, moved forward without a gap. */
export interface Line {
  newest(): Snapshot;
  /** In any order and repeatedly; an entry counts once all earlier ones are there. */
  add(entries: readonly Entry[]): void;
  /** Jumps to an inventory that was loaded; ignored when it is not newer. */
  replace(loaded: Snapshot): void;
  /** The entry right after `cursor`, while it is kept in memory. */
  after(cursor: number): Moment | undefined;
  /** Resolves when the inventory has moved, `signal` aborts, or `ms` are over; true when it has moved. */
  moved(signal?: AbortSignal, ms?: number): Promise<boolean>;
}

const bytesOf = ({ changes, events }: Entry): number =>
  changes.reduce((sum, { row }) => sum + CHANGE_BYTES + bytesIn(row), 0) + events.reduce((sum, event) => sum + bytesIn(event), 0);

export function createLine(initial: Snapshot): Line {
  let newest = initial;
  let recent: (Moment & { bytes: number })[] = [];
  let recentBytes = 0;
  const early = new Map<number, Entry>();
  const waiting = new Set<(moved: boolean) => void>();

  const drain = (before: number): void => {
    for (let entry = early.get(newest.cursor + 1); entry; entry = early.get(newest.cursor + 1)) {
      const earlier = newest;
      newest = advance(earlier, entry);
      const bytes = bytesOf(entry);
      recent.push({ entry, snapshot: newest, before: earlier, bytes });
      recentBytes += bytes;
    }
    let over = 0;
    for (let kept = recentBytes; recent.length - over > RECENT_ENTRIES || kept > RECENT_BYTES; over++)
      kept = recentBytes -= recent[over]!.bytes;
    if (over > 0) recent = recent.slice(over);
    for (const cursor of early.keys()) if (cursor <= newest.cursor) early.delete(cursor);
    if (newest.cursor > before) for (const wake of waiting) wake(true);
  };
  const add = (entries: readonly Entry[]): void => {
    for (const entry of entries) if (entry.cursor > newest.cursor && !early.has(entry.cursor)) early.set(entry.cursor, entry);
    drain(newest.cursor);
  };
  const replace = (loaded: Snapshot): void => {
    const before = newest.cursor;
    if (loaded.cursor <= before) return;
    newest = loaded;
    recent = [];
    recentBytes = 0;
    drain(before);
  };
  const after = (cursor: number): Moment | undefined => {
    const first = recent[0]?.entry.cursor;
    return first !== undefined && cursor + 1 >= first ? recent[cursor + 1 - first] : undefined;
  };
  const moved = (signal?: AbortSignal, ms?: number): Promise<boolean> =>
    new Promise((resolve) => {
      const done = (hasMoved: boolean) => {
        waiting.delete(done);
        signal?.removeEventListener("abort", aborted);
        clearTimeout(timer);
        resolve(hasMoved);
      };
      const aborted = () => done(false);
      const timer = ms === undefined ? undefined : setTimeout(aborted, ms);
      waiting.add(done);
      signal?.addEventListener("abort", aborted);
    });

  return { newest: () => newest, add, replace, after, moved };
}
