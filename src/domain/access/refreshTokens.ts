import { createHash, randomBytes, randomUUID } from "node:crypto";
import { IsNull, LessThan, type EntityManager } from "typeorm";
import type { Database } from "../../db/database.ts";
import { RefreshToken } from "../../db/tables.ts";

/** A session that is not used for so long ends. */
const REFRESH_TOKEN_MS = 7 * 86_400_000;

export interface Session {
  userId: string;
  /** Family of its refresh tokens. */
  id: string;
}
/** A token that has just been made: told once, only its hash is kept. */
export interface Refresh {
  token: string;
  expiresAt: Date;
}
const hashOf = (token: string) => createHash("sha256").update(token).digest("hex");

async function add(manager: EntityManager, { userId, id }: Session, now: Date): Promise<Refresh> {
  const token = randomBytes(32).toString("base64url");
  const expiresAt = new Date(now.getTime() + REFRESH_TOKEN_MS);
  await manager.insert(RefreshToken, { hash: hashOf(token), userId, familyId: id, expiresAt, usedAt: null });
  return { token, expiresAt };
}

export function beginSession(database: Database, userId: string, now = new Date()): Promise<{ session: Session; refresh: Refresh }> {
  return database.transaction(async (manager) => {
    await manager.delete(RefreshToken, { expiresAt: LessThan(now) });
    const session = { userId, id: randomUUID() };
    return { session, refresh: await add(manager, session, now) };
  });
}

/**
 * Uses a token up and gives the next one. Null when it is unknown or expired. A token that was used before was stolen,
 * or its successor was: the whole session ends, `reused` names it.
 */
export function rotate(
  database: Database,
  token: string,
  now = new Date(),
): Promise<{ session: Session; refresh: Refresh } | { reused: Session } | null> {
  return database.transaction(async (manager) => {
    const hash = hashOf(token);
    const row = await manager.findOneBy(RefreshToken, { hash });
    if (!row) return null;
    const session = { userId: row.userId, id: row.familyId };
    if (row.usedAt === null && row.expiresAt <= now) return null;
    const { affected } = await manager.update(RefreshToken, { hash, usedAt: IsNull() }, { usedAt: now });
    if (affected) return { session, refresh: await add(manager, session, now) };
    await manager.delete(RefreshToken, { familyId: row.familyId });
    return { reused: session };
  });
}

/** Ends the session that a token belongs to; answers it, or null when there is none. */
export function endSession(database: Database, token: string): Promise<Session | null> {
  return database.transaction(async (manager) => {
    const row = await manager.findOneBy(RefreshToken, { hash: hashOf(token) });
    if (!row) return null;
    await manager.delete(RefreshToken, { familyId: row.familyId });
    return { userId: row.userId, id: row.familyId };
  });
}

/** Ends all sessions of a user: inside the transaction that removes him or changes his password. */
export const endSessionsOf =
  (userId: string) =>
  async (manager: EntityManager): Promise<void> =>
    void (await manager.delete(RefreshToken, { userId }));
