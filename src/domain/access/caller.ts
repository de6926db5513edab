import { OvertError } from "../../errors.ts";
import { ROLES, type Permit } from "./permits.ts";

/** Whoever asks, with what he may: made once per request or connection. */
export interface Caller {
  userId: string | null;
  userName: string;
  permits: ReadonlySet<Permit>;
  /** Callers of one scope see the same rows: part of every key under which answers are shared. */
  scope: string;
}

export function callerOf(user: { id: string; userName: string; roles: readonly string[] }): Caller {
  const permits = new Set(user.roles.flatMap((role) => ROLES[role] ?? []));
  return { userId: user.id, userName: user.userName, permits, scope: [...permits].toSorted().join(",") };
}

/** The engine itself: jobs and observations. */
export const SYSTEM: Caller = { userId: null, userName: "SYSTEM", permits: new Set(ROLES["SuperUser"]), scope: "system" };

/** First line of every verb. */
export function permit(caller: Caller, needed: Permit): void {
  if (caller.permits.has(needed)) return;
  throw new OvertError("FORBIDDEN", `This needs the permit ${needed}.`, [
    { code: needed, message: `${caller.userName} does not have ${needed}.` },
  ]);
}
