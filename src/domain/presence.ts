import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Not, type EntityManager } from "typeorm";
import type { Logger } from "pino";
import { databaseNow } from "../db/clock.ts";
import type { Database } from "../db/database.ts";
import { EngineRow, HostPresence } from "../db/tables.ts";

const LEASE_MS = 15_000;
/** An engine that has been gone for so long is forgotten. */
const FORGET_MS = 24 * 3_600_000;

/**
 * Which engines there are and which of them has the link of which host, as facts in the database in the database's time: so engines
 * that share it agree. A job is its runner's, and a host is present, as long as that engine gives signs of life.
 */
export interface Presence {
  /** This engine; new at each start. */
  readonly engineId: string;
  /** Resolves once the database knows this engine. */
  readonly ready: Promise<void>;
  /** The host has its link here now. */
  linked(hostId: string): Promise<void>;
  /** Its link here ended; false when another engine has it by now. */
  unlinked(hostId: string): Promise<boolean>;
  /** The living engine that has the host's link. */
  engineOf(hostId: string): Promise<string | null>;
  /** By host, of those that were ever linked. */
  hosts(): Promise<Map<string, HostSeen>>;
  /** Forgets hosts that there are no more. */
  keep(isThere: (hostId: string) => boolean): Promise<void>;
  /** Gives up what is its own: others need not wait for its lease to run out. */
  stop(): Promise<void>;
}
export interface HostSeen {
  engineId: string;
  /** It has a link to an engine that lives. */
  present: boolean;
  /** Its link ended with its engine: it has to find another, which may take it a while. */
  orphaned: boolean;
  /** Since when it is not, in ms. */
  silentMs: number;
}

/** As SQL: the engines that live. */
export const LIVING = (manager: EntityManager): string => {
  const quote = (name: string) => manager.connection.driver.escape(name);
  return `(SELECT ${quote("id")} FROM ${quote("engine")} WHERE ${quote("leaseUntil")} > ${databaseNow(manager)})`;
};

export function startPresence({ database, log, leaseMs = LEASE_MS }: { database: Database; log: Logger; leaseMs?: number }): Presence {
  const engineId = randomUUID();
  const stopping = new AbortController();
  const beat = () => database.transaction((manager) => giveSign(manager, engineId, leaseMs));
  const begin = () =>
    database.transaction(async (manager) => {
      // There is no other: one that seems to live was killed a moment ago, and nothing is to wait for it.
      if (database.embedded) await manager.delete(EngineRow, { id: Not(engineId) });
      await giveSign(manager, engineId, leaseMs);
    });
  const ready = firstSign(begin, stopping.signal, log);
  const task = ready.then(() => keepBeating(beat, leaseMs / 3, stopping.signal, log)).catch(() => undefined);
  const { reader } = database;
  return {
    engineId,
    ready,
    linked: (hostId) => database.transaction((manager) => noteLink(manager, hostId, engineId)),
    unlinked: (hostId) => database.transaction((manager) => noteEnd(manager, { hostId, engineId, linked: true })),
    async engineOf(hostId) {
      const row = await reader
        .createQueryBuilder(HostPresence, "presence")
        .where({ hostId, linked: true })
        .andWhere(`presence.engineId IN ${LIVING(reader)}`)
        .getOne();
      return row?.engineId ?? null;
    },
    hosts: () => readHosts(reader),
    async keep(isThere) {
      const gone = (await reader.find(HostPresence)).map(({ hostId }) => hostId).filter((hostId) => !isThere(hostId));
      for (const hostId of gone) await database.transaction((manager) => manager.delete(HostPresence, { hostId }));
    },
    async stop() {
      stopping.abort();
      await task;
      await database.transaction((manager) => takeLeave(manager, engineId)).catch((error: unknown) => warn(log, error));
    },
  };
}

async function takeLeave(manager: EntityManager, engineId: string): Promise<void> {
  const now = { seenAt: () => databaseNow(manager) };
  await manager.createQueryBuilder().update(HostPresence).set(now).where({ engineId, linked: true }).execute();
  await manager.delete(EngineRow, { id: engineId });
}

async function giveSign(manager: EntityManager, id: string, leaseMs: number): Promise<void> {
  const now = databaseNow(manager);
  const sign = { seenAt: () => now, leaseUntil: () => `${now} + ${Math.round(leaseMs)}` };
  const { affected } = await manager.createQueryBuilder().update(EngineRow).set(sign).where({ id }).execute();
  if (affected) return;
  await manager
    .createQueryBuilder()
    .insert()
    .into(EngineRow)
    .values({ id, ...sign })
    .execute();
  const column = manager.connection.driver.escape("leaseUntil");
  await manager.createQueryBuilder().delete().from(EngineRow).where(`${column} < ${now} - ${FORGET_MS}`).execute();
}

async function firstSign(beat: () => Promise<void>, stopped: AbortSignal, log: Logger): Promise<void> {
  while (!stopped.aborted) {
    try {
      return await beat();
    } catch (error) {
      warn(log, error);
      await sleep(1_000, undefined, { signal: stopped, ref: false }).catch(() => undefined);
    }
  }
}

async function keepBeating(beat: () => Promise<void>, everyMs: number, stopped: AbortSignal, log: Logger): Promise<void> {
  for (;;) {
    await sleep(everyMs, undefined, { signal: stopped, ref: false });
    await beat().catch((error: unknown) => warn(log, error));
  }
}

/** Without a database there is nobody to tell; the lease runs out by itself. */
const warn = (log: Logger, error: unknown) => log.warn({ err: error }, "the engine cannot give a sign of life, or of its end");

async function noteLink(manager: EntityManager, hostId: string, engineId: string): Promise<void> {
  const link = { engineId, linked: true, seenAt: () => databaseNow(manager) };
  const { affected } = await manager.createQueryBuilder().update(HostPresence).set(link).where({ hostId }).execute();
  if (affected) return;
  await manager
    .createQueryBuilder()
    .insert()
    .into(HostPresence)
    .values({ hostId, ...link })
    .execute();
}

async function noteEnd(manager: EntityManager, which: Partial<HostPresence>): Promise<boolean> {
  const end = { linked: false, seenAt: () => databaseNow(manager) };
  const { affected } = await manager.createQueryBuilder().update(HostPresence).set(end).where(which).execute();
  return (affected ?? 0) > 0;
}

async function readHosts(reader: EntityManager): Promise<Map<string, HostSeen>> {
  const [clock] = (await reader.query(`SELECT ${databaseNow(reader)} AS ${reader.connection.driver.escape("now")}`)) as [{ now: unknown }];
  const now = Number(clock.now);
  const engines = new Map((await reader.find(EngineRow)).map((row) => [row.id, row]));
  const rows = await reader.find(HostPresence);
  return new Map(
    rows.map(({ hostId, engineId, linked, seenAt }) => {
      const engine = engines.get(engineId);
      const present = linked && engine !== undefined && engine.leaseUntil > now;
      const last = linked ? Math.max(engine?.seenAt ?? 0, seenAt) : seenAt;
      return [hostId, { engineId, present, orphaned: linked && !present, silentMs: present ? 0 : now - last }];
    }),
  );
}
