import { randomUUID } from "node:crypto";
import { OvertError } from "../../errors.ts";
import type { Engine } from "../engine.ts";
import { auditEvent, type AuditLogName } from "../event/codes.ts";
import type { RowOf } from "../kinds.ts";
import { createAttempts } from "./attempts.ts";
import { callerOf, type Caller } from "./caller.ts";
import { passwordFits, passwordHashOf } from "./passwords.ts";
import { beginSession, endSession, rotate, type Refresh, type Session } from "./refreshTokens.ts";
import { createAccessTokens, type AccessTokens } from "./tokens.ts";

export const INTERNAL_PROFILE = "internal";

interface Credentials {
  /** Directory that knows the user. */
  profile: string;
  /** With or without `@<profile>`. */
  user: string;
  password: string;
  /** Where the attempt comes from. */
  address: string;
}
export interface LoggedIn {
  user: RowOf<"User">;
  accessToken: string;
  /** Of the access token. */
  expiresAt: Date;
  refresh: Refresh;
}
/** A caller, and until when the token that names him is good. */
export interface Authenticated {
  caller: Caller;
  sessionId: string;
  /** Unix ms. */
  expiresAt: number;
}

export interface Access {
  /** Throws UNAUTHENTICATED, always in the same words and the same time; RATE_LIMITED after many failures. */
  login(credentials: Credentials): Promise<LoggedIn>;
  /** Uses up a refresh token. Throws UNAUTHENTICATED; a token used twice ends its session. */
  refresh(refreshToken: string): Promise<LoggedIn>;
  /** Ends the session of a refresh token; nothing happens when there is none. */
  logout(refreshToken: string): Promise<void>;
  /** Who the token stands for as he is now; null when it is not good, its session was ended here, or the user is gone. */
  authenticate(accessToken: string): Promise<Authenticated | null>;
  /** Whether what was true when he was authenticated still is. */
  stillGood(authenticated: Authenticated): boolean;
}

/** `admin` and `admin@internal` are the same user. */
export const fullName = (user: string, profile: string): string => (user.includes("@") ? user : `${user}@${profile}`);

export async function openAccess(engine: Engine, accessTokenMs?: number): Promise<Access> {
  const tokens = await createAccessTokens(engine.secrets, accessTokenMs);
  const attempts = createAttempts();
  const ended = createEnded();

  const login = async ({ profile, user, password, address }: Credentials): Promise<LoggedIn> => {
    const userName = fullName(user, profile);
    const succeeded = attempts.begin(userName.slice(0, 255), address);
    const row = engine.journal.snapshot().by("User", "userName", userName)[0];
    const mayEnter = row?.profile === profile && profile === INTERNAL_PROFILE && callerOf(row).permits.has("LOGIN");
    if (!(await passwordFits(mayEnter ? await passwordHashOf(engine.database, row.id) : null, password)) || !row) {
      await audit(
        engine,
        "USER_VDC_LOGIN_FAILED",
        row?.id ?? null,
        `User ${userName.slice(0, 255)} connecting from '${address}' failed to log in.`,
      );
      throw new OvertError("UNAUTHENTICATED", "The user name or password is wrong.");
    }
    succeeded();
    const { session, refresh } = await beginSession(engine.database, row.id);
    await audit(engine, "USER_VDC_LOGIN", row.id, `User ${row.userName} connecting from '${address}' logged in.`);
    return answer(tokens, row, session, refresh);
  };
  const refresh = async (refreshToken: string): Promise<LoggedIn> => {
    const rotated = await rotate(engine.database, refreshToken);
    if (rotated && "reused" in rotated) {
      ended.add(rotated.reused);
      await audit(
        engine,
        "USER_VDC_SESSION_TERMINATED",
        rotated.reused.userId,
        "A session was ended: one of its refresh tokens was used twice.",
      );
    }
    const user = rotated && "session" in rotated ? engine.journal.snapshot().get("User", rotated.session.userId) : undefined;
    if (!user || !rotated || "reused" in rotated) throw new OvertError("UNAUTHENTICATED", "The session has ended. Log in again.");
    return answer(tokens, user, rotated.session, rotated.refresh);
  };
  const logout = async (refreshToken: string): Promise<void> => {
    const session = await endSession(engine.database, refreshToken);
    if (!session) return;
    ended.add(session);
    const user = engine.journal.snapshot().get("User", session.userId);
    if (user) await audit(engine, "USER_VDC_LOGOUT", user.id, `User ${user.userName} logged out.`);
  };
  const authenticate = async (accessToken: string): Promise<Authenticated | null> => {
    const claims = await tokens.read(accessToken);
    const user = claims && engine.journal.snapshot().get("User", claims.userId);
    if (!user || ended.has(claims.sessionId)) return null;
    return { caller: callerOf(user), sessionId: claims.sessionId, expiresAt: claims.expiresAt };
  };
  const stillGood = ({ caller, sessionId, expiresAt }: Authenticated): boolean => {
    const user = engine.journal.snapshot().get("User", caller.userId);
    return user !== undefined && callerOf(user).scope === caller.scope && !ended.has(sessionId) && expiresAt > Date.now();
  };
  return { login, refresh, logout, authenticate, stillGood };
}

async function answer(tokens: AccessTokens, user: RowOf<"User">, session: Session, refresh: Refresh): Promise<LoggedIn> {
  const { token, expiresAt } = await tokens.issue(user.id, session.id);
  return { user, accessToken: token, expiresAt, refresh };
}

async function audit(engine: Engine, name: AuditLogName, userId: string | null, text: string): Promise<void> {
  await engine.unitOfWork.run({ userId, correlationId: randomUUID(), jobId: null }, (tx) => tx.event(auditEvent(name, text)));
}

/** Sessions ended here: their access tokens are refused before they expire. Bounded; the oldest have expired by then. */
function createEnded() {
  const MAX_KEPT = 10_000;
  const ids = new Set<string>();
  return {
    has: (id: string) => ids.has(id),
    add({ id }: Session) {
      ids.add(id);
      if (ids.size > MAX_KEPT) ids.delete(ids.values().next().value!);
    },
  };
}
