import { setTimeout as sleep } from "node:timers/promises";
import type { EntityManager } from "typeorm";
import { unavailability, type Unavailability } from "./errors.ts";
import { Secret } from "./tables.ts";

/** Longer than that the database takes for none. */
const PATIENCE_MS = 2_000;
/** Those who ask meanwhile are told the same. */
const FRESH_MS = 500;
const PROBE = "probe";

type Transaction = <T>(work: (manager: EntityManager) => Promise<T>) => Promise<T>;

export interface Health {
  /** The same transaction; whether it was refused is remembered. */
  watched(transaction: Transaction): Transaction;
  /** As `Database.check`. */
  check(): Promise<Unavailability | null>;
}

/** Whether a database can be used. Only when a write was refused is it tried by writing whether that is over. */
export function createHealth(reader: EntityManager): Health {
  let write: Transaction | undefined;
  let refused: Unavailability | null = null;
  let latest: { at: number; answer: Promise<Unavailability | null> } | undefined;

  const watched =
    (transaction: Transaction): Transaction =>
    async (work) => {
      try {
        const result = await transaction(work);
        refused = null;
        return result;
      } catch (error) {
        refused = unavailability(error) ?? refused;
        throw error;
      }
    };
  const look = async (): Promise<Unavailability | null> => {
    try {
      await reader.query("SELECT 1");
      if (refused !== null) await write?.(probe);
      return null;
    } catch (error) {
      return unavailability(error) ?? "DATABASE_DOWN";
    }
  };
  const check = (): Promise<Unavailability | null> => {
    const now = Date.now();
    if (latest && now - latest.at < FRESH_MS) return latest.answer;
    const late = sleep(PATIENCE_MS, "DATABASE_DOWN" as const, { ref: false });
    latest = { at: now, answer: Promise.race([look(), late]) };
    return latest.answer;
  };
  return { watched: (transaction) => (write = watched(transaction)), check };
}

async function probe(manager: EntityManager): Promise<void> {
  await manager.delete(Secret, { name: PROBE });
  await manager.insert(Secret, { name: PROBE, sealed: "" });
  await manager.delete(Secret, { name: PROBE });
}
