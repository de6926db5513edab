import type { Event } from "../event/event.ts";
import type { Kind, RowOf } from "../kinds.ts";

type Operation = "CREATED" | "UPDATED" | "DELETED";

/** One entity in one commit. */
export interface Change<K extends Kind = Kind> {
  kind: K;
  id: string;
  operation: Operation;
  /** As it was after the commit; before it for DELETED. */
  row: RowOf<K>;
  /** Names of the columns that changed; all of them for CREATED, none for DELETED. */
  fields: readonly string[];
}

/** One commit. Entries are numbered without a gap in the order of their commits. */
export interface Entry {
  cursor: number;
  at: Date;
  correlationId: string;
  userId: string | null;
  jobId: string | null;
  changes: readonly Change[];
  events: readonly Readonly<Event>[];
}
