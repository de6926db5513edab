import type { Viewer } from "../../domain/access/caller.ts";
import { decidesRights, grantsOf } from "../../domain/access/grants.ts";
import { viewOf } from "../../domain/access/view.ts";
import type { Entry } from "../../domain/journal/entry.ts";
import type { Journal } from "../../domain/journal/journal.ts";
import type { RowOf } from "../../domain/kinds.ts";
import type { Audience } from "../subscriptions/feed.ts";

/** Those who share what is rendered. */
export interface Circle extends Audience {
  /** Different for those who may not share. */
  readonly key: string;
  /** What they may now. */
  viewer(): Viewer;
  /** Whether a user's rights are still those of the circle. */
  isOf(userId: string): boolean;
}

/** All who see everything and may the same. Whose rights change is not of it any more. */
export function circleOfEqual(journal: Journal, { grants }: Viewer): Circle {
  // It is nobody's in particular.
  const viewer = { grants: { ...grants, userId: null } };
  return {
    key: `all ${grants.key}`,
    viewer: () => viewer,
    isOf: (userId) => grantsOf(journal.snapshot(), userId).key === grants.key,
    rights: () => grants.key,
    seenAt: (moment) => moment,
    sawAt: (moment) => moment,
    isConcernedBy: () => false,
  };
}

/** One user, whatever he may from moment to moment. */
export function circleOf(journal: Journal, userId: string): Circle {
  const viewer = () => ({ grants: grantsOf(journal.snapshot(), userId) });
  return {
    key: `user ${userId}`,
    viewer,
    isOf: () => true,
    rights: () => viewer().grants.key,
    seenAt: (moment) => viewOf(moment, viewer()),
    sawAt: (moment) => viewOf(moment, { grants: grantsOf(moment, userId) }),
    isConcernedBy: (entry) => concerns(entry, userId),
  };
}

/** Whether a commit changes what a user may. */
export const concerns = ({ changes }: Pick<Entry, "changes">, userId: string): boolean =>
  changes.some(({ kind, row }) => {
    if (!decidesRights(kind)) return false;
    // A role or a group may be anybody's.
    const { userId: whose = null } = kind === "Permission" ? (row as RowOf<"Permission">) : {};
    return whose === null || whose === userId;
  });

interface Parting {
  subscriber: { userId: string; parted(): void };
}
/** Lets those go who no longer see what the others of the cohort see, before they are told of it. */
export function letGo<R extends Parting>(audience: Circle, readers: Iterable<R>, leave: (reader: R) => void): void {
  // A copy: whoever leaves may come again meanwhile.
  for (const reader of Array.from(readers)) {
    if (audience.isOf(reader.subscriber.userId)) continue;
    leave(reader);
    reader.subscriber.parted();
  }
}
