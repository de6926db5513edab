import type { Logger } from "pino";
import type { Database } from "../../db/database.ts";
import type { UnitOfWork } from "../../db/unitOfWork.ts";
import type { HostCalls } from "../host/ports.ts";
import type { Journal } from "../journal/journal.ts";
import type { JobDefinition } from "./definition.ts";

/** Times in ms. */
export interface RunnerSettings {
  /** Jobs that run at the same time; those that wait for a retry do not count. */
  parallel: number;
  /** How long a job stays with a runner that gives no sign of life. */
  leaseMs: number;
  /** Between looks for jobs that nobody woke this runner for. */
  lookMs: number;
  /** Pause before the first retry; doubles with each, plus or minus half of it. */
  backoffMs: number;
  backoffLimitMs: number;
  /** After a failure of the engine itself, before its job is taken up anew. */
  restMs: number;
  /** How long a job that did not finish waits for what hosts answer to its `look`. */
  askMs: number;
  /** How long `stop` waits for running steps. */
  stopMs: number;
}
export const RUNNER_SETTINGS: RunnerSettings = {
  parallel: 64,
  leaseMs: 15_000,
  lookMs: 3_000,
  backoffMs: 1_000,
  backoffLimitMs: 30_000,
  restMs: 2_000,
  askMs: 10_000,
  stopMs: 5_000,
};

/** A definition whose input is its own business: `addJob` has seen to it that input and definition belong together. */
export type AnyJobDefinition = JobDefinition<any, any>;
export type AnyStepDefinition = AnyJobDefinition["steps"][number];
export type AnyStepContext = Parameters<AnyStepDefinition["run"]>[0];

/** What the pieces of the runner use. */
export interface RunnerParts {
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly journal: Journal;
  readonly hosts: HostCalls;
  readonly log: Logger;
  readonly definitions: ReadonlyMap<string, AnyJobDefinition>;
  readonly settings: RunnerSettings;
  /** New at each start. */
  readonly runnerId: string;
}
