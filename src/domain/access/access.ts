import { randomUUID } from "node:crypto";
import { OvertError } from "../../errors.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import type { RowOf } from "../kinds.ts";
import { createAttempts } from "./attempts.ts";
import { callerOf, type Caller } from "./caller.ts";
import { grantsOf, mayLogIn, type Grants } from "./grants.ts";
import { passwordFits, passwordHashOf } from "./passwords.ts";
import { beginSession, endSession, endSessionOf, isSession, renewSession, type Refresh, type Renewed } from "./sessions.ts";
import { createAccessTokens, type AccessTokens } from "./tokens.ts";
import { fullName, INTERNAL_PROFILE, MAX_NAME, nameKeyOf } from "./userNames.ts";

/** A token so young may be of a session that another engine has just begun. */
const YOUNG_MS = 10_000;

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
  /** With what he may now. */
  readonly caller: Caller;
  sessionId: string;
  /** Unix ms. */
  expiresAt: number;
}

export interface Access {
  /**
   * Throws UNAUTHENTICATED, always in the same words and the same time; RATE_LIMITED after many failures; FORBIDDEN, to whoever
   * knows the password, when he has no role that allows to log in.
   */
  login(credentials: Credentials): Promise<LoggedIn>;
  /** Uses up a refresh token. Throws UNAUTHENTICATED; a token used twice ends its session. */
  refresh(refreshToken: string): Promise<LoggedIn>;
  /** Ends the session of a refresh token, or of one who was authenticated; nothing happens when there is none. */
  logout(session: string | Pick<Authenticated, "caller" | "sessionId">): Promise<void>;
  /** Who the token stands for as he is now; null when it is not good, its session has ended, or the user is gone or may no longer log in. */
  authenticate(accessToken: string): Promise<Authenticated | null>;
  /** Whether what was true when he was authenticated still is. */
  stillGood(authenticated: Authenticated): boolean;
}

export async function openAccess(engine: Engine, accessTokenMs?: number): Promise<Access> {
  const { database, journal } = engine;
  const tokens = await createAccessTokens(engine.secrets, accessTokenMs);
  const attempts = createAttempts();

  const login = async ({ profile, user, password, address }: Credentials): Promise<LoggedIn> => {
    const userName = fullName(user.slice(0, MAX_NAME), profile.slice(0, MAX_NAME)).slice(0, MAX_NAME);
    const succeeded = attempts.begin(nameKeyOf(userName), address);
    const row = findUser(engine, userName);
    const isKnown = row?.profile === profile && profile === INTERNAL_PROFILE;
    const passwordHash = isKnown ? await passwordHashOf(database, row.id) : null;
    const fits = await passwordFits(passwordHash, password);
    const words = `User ${row?.userName ?? userName} connecting from '${address}'`;
    const refused = fits && row ? lacksLogin(grantsOf(journal.snapshot(), row.id)) : null;
    const begun =
      fits && row && passwordHash !== null && !refused
        ? await beginSession(engine, { userId: row.id, passwordHash, words: `${words} logged in.` })
        : null;
    if (!begun || !row) {
      await auditFailure(engine, row?.id ?? null, refused ? `${words} may not log in.` : `${words} failed to log in.`);
      if (refused) {
        succeeded();
        throw refused;
      }
      throw new OvertError("UNAUTHENTICATED", "The user name or password is wrong.");
    }
    succeeded();
    return answer(tokens, row, begun);
  };
  const refresh = async (refreshToken: string): Promise<LoggedIn> => {
    const renewed = await renewSession(engine, refreshToken);
    const user = renewed && journal.snapshot().get("User", renewed.session.userId);
    if (!user) throw new OvertError("UNAUTHENTICATED", "The session has ended. Log in again.");
    return answer(tokens, user, renewed);
  };
  const authenticate = async (accessToken: string): Promise<Authenticated | null> => {
    const claims = await tokens.read(accessToken);
    if (!claims) return null;
    const known = journal.snapshot().get("Session", claims.sessionId);
    if (!known && !database.embedded && claims.issuedAt > Date.now() - YOUNG_MS) await journal.catchUp();
    const snapshot = journal.snapshot();
    const user = isSession(snapshot, claims, Date.now()) ? snapshot.get("User", claims.userId) : undefined;
    return user && mayLogIn(grantsOf(snapshot, user.id)) ? authenticatedAs(journal, user, claims) : null;
  };
  const stillGood = ({ caller, sessionId, expiresAt }: Authenticated): boolean => {
    const snapshot = journal.snapshot();
    const [userId, now] = [caller.userId ?? "", Date.now()];
    const user = snapshot.get("User", userId);
    return user !== undefined && mayLogIn(caller.grants) && isSession(snapshot, { sessionId, userId }, now) && expiresAt > now;
  };
  const logout: Access["logout"] = (session) =>
    typeof session === "string"
      ? endSessionOf(engine, session)
      : endSession(engine, { sessionId: session.sessionId, userId: session.caller.userId });
  return { login, refresh, logout, authenticate, stillGood };
}

/** He is told only when the password is right: who guesses does not learn who there is. */
function lacksLogin(grants: Grants): OvertError | null {
  if (mayLogIn(grants)) return null;
  const message = "You may not log in: nobody has given you a role yet.";
  return new OvertError("FORBIDDEN", message, [{ code: "LOGIN", message }]);
}

/** He is as he is whenever he is looked at: a change of his rights holds at once. */
function authenticatedAs(
  journal: Engine["journal"],
  user: RowOf<"User">,
  { sessionId, expiresAt }: Pick<Authenticated, "sessionId" | "expiresAt">,
): Authenticated {
  let snapshot = journal.snapshot();
  let caller = callerOf(snapshot, user);
  return {
    sessionId,
    expiresAt,
    get caller() {
      const now = journal.snapshot();
      if (now !== snapshot) [snapshot, caller] = [now, callerOf(now, user)];
      return caller;
    },
  };
}

/** As he wrote himself, else whoever has the only name that can be confused with it. */
function findUser({ journal }: Engine, userName: string): RowOf<"User"> | undefined {
  const snapshot = journal.snapshot();
  return snapshot.by("User", "userName", userName.normalize("NFC"))[0] ?? snapshot.by("User", "nameKey", nameKeyOf(userName))[0];
}

async function answer(tokens: AccessTokens, user: RowOf<"User">, { session, refresh }: Renewed): Promise<LoggedIn> {
  const { token, expiresAt } = await tokens.issue(user.id, session.id);
  return { user, accessToken: token, expiresAt, refresh };
}

async function auditFailure(engine: Engine, userId: string | null, words: string): Promise<void> {
  const origin = { userId, correlationId: randomUUID(), jobId: null };
  await engine.unitOfWork.run(origin, (tx) => tx.event(auditEvent("USER_VDC_LOGIN_FAILED", words)));
}
