import type { Logger } from "pino";
import type { Database } from "../db/database.ts";
import type { UnitOfWork } from "../db/unitOfWork.ts";
import type { HistoryDays } from "./history/prune.ts";
import type { HostCalls, Secrets } from "./host/ports.ts";
import type { JobRunner } from "./job/definition.ts";
import type { Journal } from "./journal/journal.ts";
import type { Presence } from "./presence.ts";
import type { Statistics } from "./statistics/statistics.ts";

/** What verbs and reads use. Built once, in main.ts. */
export interface Engine {
  readonly database: Database;
  readonly journal: Journal;
  readonly unitOfWork: UnitOfWork;
  readonly hosts: HostCalls;
  readonly presence: Presence;
  readonly jobs: JobRunner;
  readonly statistics: Statistics;
  readonly secrets: Secrets;
  readonly log: Logger;
  readonly settings: EngineSettings;
}
export interface EngineSettings {
  /** Between samples of every host, 1,000-60,000 ms. */
  statisticsIntervalMs: number;
  /** Where agents dial: `https://<address>:<port>`. */
  hostlinkUrl: string;
  /** SHA-256 of the engine's CA certificate, hex. */
  hostlinkFingerprint: string;
  /** Silence after which a host is NON_RESPONSIVE, ms. */
  hostGraceMs: number;
  historyDays: HistoryDays;
}
