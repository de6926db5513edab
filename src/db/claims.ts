import { randomUUID } from "node:crypto";
import { LessThanOrEqual, type EntityManager } from "typeorm";
import { KINDS } from "../domain/kinds.ts";
import { OvertError } from "../errors.ts";
import type { Claim, CollectingTransaction } from "./collect.ts";
import { isDuplicate } from "./errors.ts";
import { ClaimRow } from "./tables.ts";

/**
 * A claimed row is held from here to the commit: it must be as the decision saw it, and nobody may have claimed it since. The
 * number of the commit that claimed it last is kept beside it rather than in it, so that a claim is no change of the object.
 */
export async function holdClaims(manager: EntityManager, { claims, snapshot }: CollectingTransaction): Promise<void> {
  for (const claim of inOrder(claims.values())) {
    await holdRow(manager, claim);
    // A value of its own, so that the update counts as one even where the database counts only rows that changed.
    const known = { objectId: claim.row.id, cursor: LessThanOrEqual(snapshot.cursor) };
    const { affected } = await manager.update(ClaimRow, known, { holder: randomUUID() });
    if (!affected) await claimFirst(manager, claim);
  }
}

/** Locks it against change: an update that changes nothing. */
async function holdRow(manager: EntityManager, { kind, row: { id, version } }: Claim): Promise<void> {
  const same = { version: () => manager.connection.driver.escape("version") };
  const { affected } = await manager.createQueryBuilder().update(KINDS[kind]).set(same).where({ id, version }).execute();
  if (!affected) throw lost(kind, id);
}

async function claimFirst(manager: EntityManager, { kind, row }: Claim): Promise<void> {
  try {
    await manager.insert(ClaimRow, { objectId: row.id, cursor: 0, holder: randomUUID() });
  } catch (error) {
    throw isDuplicate(error) ? lost(kind, row.id) : error;
  }
}

/** The commit has its number now. */
export async function noteClaims(manager: EntityManager, { claims }: CollectingTransaction, cursor: number): Promise<void> {
  for (const { row } of inOrder(claims.values())) await manager.update(ClaimRow, { objectId: row.id }, { cursor });
}

/** One order for all, so that transactions that claim the same rows wait instead of locking each other out. */
const inOrder = (claims: Iterable<Claim>): Claim[] => [...claims].sort((a, b) => (a.row.id < b.row.id ? -1 : 1));

const lost = (kind: string, id: string) =>
  new OvertError("CONFLICT", `${kind} ${id} was changed by someone else.`, [{ code: "STALE", message: kind }]);
