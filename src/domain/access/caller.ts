import { OvertError, type Reason } from "../../errors.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import { ALL_GRANTS, grantsOf, type Grants } from "./grants.ts";
import type { Permit } from "./permits.ts";

/**
 * What somebody may, and not who he is: enough to render what he sees. What is made for all who see the same is made for
 * such a one, so that nobody's name can be in it.
 */
export interface Viewer {
  readonly grants: Grants;
}
/** Whoever asks, with what he may. */
export interface Caller extends Viewer {
  readonly userId: string | null;
  readonly userName: string;
}

export const callerOf = (snapshot: Snapshot, { id, userName }: { id: string; userName: string }): Caller => ({
  userId: id,
  userName,
  grants: grantsOf(snapshot, id),
});

/** The caller with what he may at that moment. */
export const asOf = (snapshot: Snapshot, { userId, userName, grants }: Caller): Caller =>
  userId === null ? { userId, userName, grants } : callerOf(snapshot, { id: userId, userName });

/** The engine itself: jobs and observations. */
export const SYSTEM: Caller = { userId: null, userName: "SYSTEM", grants: ALL_GRANTS };

/** Why somebody who lacks a permit may not: the words hold nobody's name, others may read them. */
export const needsPermit = (needed: Permit): Reason => ({ code: needed, message: `This needs the permit ${needed}.` });

/** For what is no object's: on the whole system. Throws FORBIDDEN. */
export function permit({ grants }: Viewer, needed: Permit): void {
  if (grants.system.has(needed)) return;
  const reason = needsPermit(needed);
  throw new OvertError("FORBIDDEN", reason.message, [reason]);
}
