import { createHash, randomBytes, randomUUID } from "node:crypto";
import { IsNull, LessThan, type EntityManager } from "typeorm";
import { Credential, RefreshToken } from "../../db/tables.ts";
import type { Transaction } from "../../db/unitOfWork.ts";
import { OvertError } from "../../errors.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { grantsOf, mayLogIn } from "./grants.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import type { RowOf } from "../kinds.ts";
import { Session } from "./session.ts";

/** A session that is not used for so long ends. */
const SESSION_MS = 7 * 86_400_000;
/** Of one user; the next log-in ends the oldest. */
const SESSIONS_OF_USER = 100;
const PRUNE_BATCH = 500;

/** A token that has just been made: told once, only its hash is kept. */
export interface Refresh {
  token: string;
  expiresAt: Date;
}
export interface Renewed {
  session: RowOf<"Session">;
  refresh: Refresh;
}

const hashOf = (token: string) => createHash("sha256").update(token).digest("hex");
const originOf = (userId: string) => ({ userId, correlationId: randomUUID(), jobId: null });
const stale = (what: string) => new OvertError("CONFLICT", `${what} was changed by someone else.`, [{ code: "STALE", message: what }]);

function give(tx: Transaction, { id: sessionId }: RowOf<"Session">, expiresAt: Date): Refresh {
  const token = randomBytes(32).toString("base64url");
  tx.also(async (manager) => void (await manager.insert(RefreshToken, { hash: hashOf(token), sessionId, expiresAt, usedAt: null })));
  return { token, expiresAt };
}

interface Proven {
  userId: string;
  /** What the password was checked against. */
  passwordHash: string;
  /** Of the event. */
  words: string;
}

/** Begins a session for a user whose password was checked; null when it was changed, or the user removed, in the meantime. */
export async function beginSession({ unitOfWork }: Engine, { userId, passwordHash, words }: Proven): Promise<Renewed | null> {
  try {
    return await unitOfWork.run(originOf(userId), (tx) => {
      if (!tx.get("User", userId)) throw CHANGED;
      const oldestFirst = tx.snapshot.by("Session", "userId", userId).toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
      for (const old of oldestFirst.slice(0, -SESSIONS_OF_USER + 1)) tx.remove("Session", old);
      const expiresAt = new Date(tx.now.getTime() + SESSION_MS);
      const session = tx.insert("Session", { userId, createdAt: tx.now, expiresAt });
      tx.also(stillHas(userId, passwordHash));
      const refresh = give(tx, session, expiresAt);
      tx.event(auditEvent("USER_VDC_LOGIN", words));
      return { session, refresh };
    });
  } catch (error) {
    if (error === CHANGED) return null;
    throw error;
  }
}
const CHANGED = new Error("The password is not the one that was checked.");

/** Whoever changes the password meanwhile waits for this transaction, and then finds its session. */
const stillHas = (userId: string, passwordHash: string) => async (manager: EntityManager) => {
  const { affected } = await manager.update(Credential, { userId, passwordHash }, { passwordHash });
  if (!affected) throw CHANGED;
};

/**
 * Uses a refresh token up and gives the next one. Null when it is unknown, its session has ended, or the user may no longer log in. A token that was used
 * before was stolen, or its successor was: the session ends.
 */
export async function renewSession(engine: Engine, token: string): Promise<Renewed | null> {
  const hash = hashOf(token);
  const session = await sessionOf(engine, hash);
  if (!session) return null;
  return engine.unitOfWork.run(originOf(session.userId), async (tx) => {
    const row = await engine.database.reader.findOneBy(RefreshToken, { hash });
    const current = row && tx.get("Session", row.sessionId);
    if (!current || current.expiresAt <= tx.now || !mayLogIn(grantsOf(tx.snapshot, current.userId))) return null;
    if (row.usedAt !== null) {
      tx.remove("Session", current);
      tx.event(auditEvent("USER_VDC_SESSION_TERMINATED", "A session was ended: one of its refresh tokens was used twice."));
      return null;
    }
    const expiresAt = new Date(tx.now.getTime() + SESSION_MS);
    const renewed = tx.update("Session", current, { expiresAt });
    tx.also(async (manager) => {
      const { affected } = await manager.update(RefreshToken, { hash, usedAt: IsNull() }, { usedAt: tx.now });
      if (!affected) throw stale("RefreshToken");
    });
    return { session: renewed, refresh: give(tx, renewed, expiresAt) };
  });
}

/** Ends the session that a refresh token belongs to; nothing happens when there is none. */
export async function endSessionOf(engine: Engine, token: string): Promise<void> {
  const session = await sessionOf(engine, hashOf(token));
  if (session) await endSession(engine, { sessionId: session.id, userId: session.userId });
}

/** Nothing happens when it has ended already. */
export const endSession = ({ unitOfWork }: Engine, { sessionId, userId }: { sessionId: string; userId: string | null }): Promise<void> =>
  unitOfWork.run({ userId, correlationId: randomUUID(), jobId: null }, (tx) => {
    const current = tx.get("Session", sessionId);
    if (!current) return;
    tx.remove("Session", current);
    const user = tx.get("User", current.userId);
    if (user) tx.event(auditEvent("USER_VDC_LOGOUT", `User ${user.userName} logged out.`));
  });

/** The session may be another engine's, and not known here yet. */
async function sessionOf({ database, journal }: Engine, hash: string): Promise<RowOf<"Session"> | undefined> {
  const row = await database.reader.findOneBy(RefreshToken, { hash });
  if (row && !journal.snapshot().get("Session", row.sessionId)) await journal.catchUp();
  return journal.snapshot().get("Session", row?.sessionId ?? null);
}

/** Ends all sessions of a user, in the transaction that removes him or has changed his password. */
export function endSessionsOf(tx: Transaction, userId: string): void {
  for (const session of tx.snapshot.by("Session", "userId", userId)) tx.remove("Session", session);
  tx.also(async (manager) => {
    // One that was begun with the old password since the decision: decide again.
    if (await manager.existsBy(Session, { userId })) throw stale("Session");
  });
}

/** Whether a session is there and its user's. */
export const isSession = (snapshot: Snapshot, { sessionId, userId }: { sessionId: string; userId: string }, now: number): boolean => {
  const session = snapshot.get("Session", sessionId);
  return session !== undefined && session.userId === userId && session.expiresAt.getTime() > now;
};

/** Forgets sessions that have expired, and refresh tokens that nobody can use any more. */
export async function pruneSessions({ database, journal, unitOfWork }: Engine, now = new Date()): Promise<void> {
  await database.transaction(async (manager) => void (await manager.delete(RefreshToken, { expiresAt: LessThan(now) })));
  const expired = [...journal.snapshot().all("Session")].filter(({ expiresAt }) => expiresAt <= now);
  for (let from = 0; from < expired.length; from += PRUNE_BATCH)
    await unitOfWork.run({ userId: null, correlationId: randomUUID(), jobId: null }, (tx) => {
      for (const { id } of expired.slice(from, from + PRUNE_BATCH)) {
        const session = tx.get("Session", id);
        if (session && session.expiresAt <= now) tx.remove("Session", session);
      }
    });
}
