import type { AgentMethod, AgentParams, AgentResult, CallContext } from "../../../schema/hostlink.ts";
import type { Transaction } from "../../db/unitOfWork.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import type { HostCallOptions } from "../host/ports.ts";
import type { RowOf } from "../kinds.ts";

/**
 * A job is a list of named steps. Each step runs at least once: an engine that dies in it is followed by one that runs
 * it again, so what a step does must be safe to repeat. Host calls carry a key of job and step: the agent does them once.
 */
export interface JobDefinition<I extends object = Record<string, unknown>, S = unknown> {
  /** The verb. */
  name: string;
  steps: readonly StepDefinition<I>[];
  /** Asks the hosts what became of the object, when the job did not finish: after the undo, before `ended`. Best effort, and not for long. */
  look?: (context: LookContext<I>) => Promise<S>;
  /**
   * Runs in the transaction that ends the job, whatever its end: state that must not outlive it is let go here. The object
   * may be in another's hands by now. `seen` is what `look` answered; null when it was not asked, or in vain.
   */
  ended?: (transaction: Transaction, job: EndedJob<I>, outcome: "FINISHED" | "FAILED" | "ABORTED", seen: S | null) => void;
}
type JobOf<I extends object> = Omit<RowOf<"Job">, "input"> & { readonly input: I };
export type EndedJob<I extends object> = JobOf<I> & {
  /** Whether every step that was begun was taken back, as far as it can be; false of a job that finished. */
  readonly undone: boolean;
};

export interface LookContext<I extends object> {
  readonly job: JobOf<I>;
  /** Newest inventory at the time of asking. */
  snapshot(): Snapshot;
  call<M extends AgentMethod>(hostId: string, method: M, params: AgentParams<M>): Promise<AgentResult<M>>;
}

export interface StepDefinition<I extends object> {
  name: string;
  description: string;
  /** Whether `cancelJob` is heard while it runs (its `signal` aborts). */
  cancellable?: boolean;
  /** Does the step. What it returns is run in the transaction that marks the step FINISHED. */
  run: (context: StepContext<I>) => Promise<StepCommit | void>;
  /** Takes the step back after it, or a later one, failed. Also called when `run` may have been half done. */
  undo?: (context: StepContext<I>) => Promise<StepCommit | void>;
  /** Attempts at retryable failures before giving up; default 7. */
  attempts?: number;
}
type StepCommit = (transaction: Transaction) => void;

export interface StepContext<I extends object> {
  readonly job: JobOf<I>;
  /** Newest inventory at the time of asking. */
  snapshot(): Snapshot;
  readonly signal: AbortSignal;
  /** Identity of this step for calls to hosts; `suffix` tells several calls of one step apart. */
  callContext(suffix?: string): CallContext;
  /** Percent of this step; written at most twice a second. */
  progress(percent: number): void;
  call<M extends AgentMethod>(
    hostId: string,
    method: M,
    params: AgentParams<M>,
    options?: Omit<HostCallOptions, "signal">,
  ): Promise<AgentResult<M>>;
  /** Waits until `done` holds for the inventory, seeing every entry. Rejects with OvertError INTERNAL, reason TIMEOUT. */
  until(done: (snapshot: Snapshot) => boolean, timeoutMs: number): Promise<Snapshot>;
  /** Writes in the middle of a step, under the job's fence. */
  write(change: StepCommit): Promise<void>;
}

export interface NewJob<I extends object> {
  definition: JobDefinition<I, any>;
  /** In words, for people. */
  description: string;
  subject: { kind: RowOf<"Job">["subjectKind"]; id: string };
  input: NoInfer<I>;
}

/** Inserts the job with its steps; the runner takes it up once the transaction is committed. */
export function addJob<I extends object>(transaction: Transaction, { definition, description, subject, input }: NewJob<I>): RowOf<"Job"> {
  const { now, origin } = transaction;
  const job = transaction.insert("Job", {
    name: definition.name,
    description,
    status: "STARTED",
    progress: 0,
    reasons: [],
    cancellable: definition.steps[0]?.cancellable ?? false,
    startTime: now,
    endTime: null,
    lastUpdated: now,
    correlationId: origin.correlationId,
    ownerId: origin.userId,
    subjectKind: subject.kind,
    subjectId: subject.id,
    input: input as Record<string, unknown>,
    runner: null,
    leaseUntil: null,
    fence: 0,
    cancelRequested: false,
    undoing: false,
  });
  for (const [number, step] of definition.steps.entries())
    transaction.insert("Step", {
      jobId: job.id,
      number,
      name: step.name,
      description: step.description,
      status: "UNKNOWN",
      progress: 0,
      attempts: 0,
      startTime: null,
      endTime: null,
      retryAt: null,
      undone: false,
    });
  return job;
}

export interface JobRunner {
  /** A job was committed: take it up now rather than at the next look. */
  wake(): void;
  /** Asks a job to stop. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE. */
  cancel(jobId: string): Promise<void>;
  /** Lets running steps go on to a safe point; leases are given back. */
  stop(): Promise<void>;
}
