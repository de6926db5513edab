import type { Engine } from "../engine.ts";
import type { JobDefinition } from "./definition.ts";
import type { Slots } from "./slots.ts";

/** Times in ms. */
export interface RunnerSettings {
  /** Jobs at work at the same time; those that wait (for a retry, for the inventory, for a child) do not count. */
  parallel: number;
  /** Of these, on one host. */
  perHost: number;
  /** Of these, of one kind on one host. */
  perKind: ReadonlyMap<string, number>;
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
  perHost: 16,
  // As in oVirt: max_outgoing_migrations of VDSM.
  perKind: new Map([["migrateVm", 2]]),
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
export interface RunnerParts extends Pick<Engine, "database" | "unitOfWork" | "journal" | "hosts" | "presence" | "log"> {
  /** For the verbs that steps run. */
  readonly engine: Engine;
  readonly definitions: ReadonlyMap<string, AnyJobDefinition>;
  readonly settings: RunnerSettings;
  readonly slots: Slots;
  /** A job was committed. */
  readonly wake: () => void;
  /** Something passed that is not in the journal. */
  readonly passed: (jobId: string) => void;
}
