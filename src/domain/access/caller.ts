import { OvertError, type Reason } from "../../errors.ts";
import { ROLES, type Permit } from "./permits.ts";

/**
 * What somebody may, and not who he is: enough to render what he sees. What is made for all who see the same is made for
 * such a one, so that nobody's name can be in it.
 */
export interface Viewer {
  permits: ReadonlySet<Permit>;
  /** Viewers of one scope see the same rows: part of every key under which answers are shared. */
  scope: string;
}
/** Whoever asks, with what he may: made once per request or connection. */
export interface Caller extends Viewer {
  userId: string | null;
  userName: string;
}

export function callerOf(user: { id: string; userName: string; roles: readonly string[] }): Caller {
  const permits = new Set(user.roles.flatMap((role) => ROLES[role] ?? []));
  return { userId: user.id, userName: user.userName, permits, scope: [...permits].toSorted().join(",") };
}

/** The caller without his identity. */
export const viewerOf = ({ permits, scope }: Viewer): Viewer => ({ permits, scope });

/** The engine itself: jobs and observations. */
export const SYSTEM: Caller = { userId: null, userName: "SYSTEM", permits: new Set(ROLES["SuperUser"]), scope: "system" };

/** Why somebody who lacks a permit may not: the words hold nobody's name, others may read them. */
export const needsPermit = (needed: Permit): Reason => ({ code: needed, message: `This needs the permit ${needed}.` });

/** First line of every verb. */
export function permit(caller: Viewer, needed: Permit): void {
  if (caller.permits.has(needed)) return;
  const reason = needsPermit(needed);
  throw new OvertError("FORBIDDEN", reason.message, [reason]);
}
