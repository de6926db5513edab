import { setTimeout as sleep } from "node:timers/promises";
import { In, type EntityManager } from "typeorm";
import { unavailability, type Unavailability } from "./errors.ts";
import { Secret } from "./tables.ts";

/** Longer than that the database takes for none. */
const PATIENCE_MS = 2_000;
/** Those who ask meanwhile are told the same. */
const FRESH_MS = 500;
/** More than any usual change takes: where only less fits, most of them are refused. */
const PROBES = ["probe1", "probe2", "probe3", "probe4"].map((name) => ({ name, sealed: "x".repeat(60_000) }));

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

  /** An answer from before such news would be a lie. */
  const note = (news: Unavailability | null) => {
    if (news === null || news === refused) return;
    latest = undefined;
    refused = news;
  };
  const watched =
    (transaction: Transaction): Transaction =>
    async (work) => {
      try {
        return await transaction(work);
      } catch (error) {
        note(unavailability(error));
        throw error;
      }
    };
  const look = async (): Promise<Unavailability | null> => {
    try {
      await reader.query("SELECT 1");
      // That something was written says nothing of it: it may have been little, or nothing at all.
      if (refused !== null && write) await tryToWrite(write);
      refused = null;
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

/** What is taken back before the commit would not be written. */
async function tryToWrite(transaction: Transaction): Promise<void> {
  const clear = (manager: EntityManager) => manager.delete(Secret, { name: In(PROBES.map(({ name }) => name)) });
  await transaction(async (manager) => {
    await clear(manager);
    await manager.insert(Secret, PROBES);
  });
  await transaction(clear);
}
