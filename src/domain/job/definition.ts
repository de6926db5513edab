import type { AgentMethod, AgentParams, AgentResult, CallContext } from "../../../schema/hostlink.ts";
import { JobRun } from "../../db/tables.ts";
import type { Transaction } from "../../db/unitOfWork.ts";
import { OvertError } from "../../errors.ts";
import type { Engine } from "../engine.ts";
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
  /** The kinds of step there are, by their names. Without a `plan` they are its steps, in this order. */
  steps: readonly StepDefinition<I, any, any>[];
  /** The steps of a job with this input. It is kept with the job: a later engine goes on with the plan that the job began with. */
  plan?: (input: I) => readonly PlannedStep[];
  /** The host on which its work is, for the limits of that host; absent or null = none, or any. */
  hostOf?: (input: I) => string | null;
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

/** `A`: what the plan says of one such step; null in a job without a plan. `R`: what it finds out. Both plain JSON. */
export interface StepDefinition<I extends object, A = null, R = never> {
  name: string;
  /** In words, unless the plan has better ones. */
  description: string;
  /** Whether `cancelJob` is heard while it runs (its `signal` aborts). */
  cancellable?: boolean;
  /** Does the step. What it returns is run, and its result kept, in the transaction that marks the step FINISHED. */
  run: (context: StepContext<I, A>) => Promise<StepCommit | StepOutcome<R> | void>;
  /** Takes the step back after it, or a later one, failed. Also called when `run` may have been half done. */
  undo?: (context: StepContext<I, A>) => Promise<StepCommit | void>;
  /** Attempts at retryable failures before giving up; default 7. */
  attempts?: number;
}
export type StepCommit = (transaction: Transaction) => void;
export interface StepOutcome<R> {
  /** At most RESULT_BYTES as JSON. */
  result: R;
  commit?: StepCommit;
}
export interface PlannedStep {
  /** Of a kind of step of the definition. */
  name: string;
  /** Tells steps of one kind apart: at most 120 characters. */
  key: string | null;
  args: unknown;
  description: string;
}

/** One step of a plan, such as `input.diskIds.map((diskId) => planned(copyDisk, { key: diskId, args: { diskId } }))`. */
export const planned = <I extends object, A, R>(
  { name, description }: StepDefinition<I, A, R>,
  more: { key: string; args: NoInfer<A>; description?: string },
): PlannedStep => ({ name, description, ...more });

export interface StepContext<I extends object, A = unknown> {
  readonly job: JobOf<I>;
  /** What the plan says of this step. */
  readonly step: { readonly key: string | null; readonly args: A };
  /** Newest inventory at the time of asking. */
  snapshot(): Snapshot;
  readonly signal: AbortSignal;
  /** What a step that has finished found out, also under an earlier engine. `key`: of the plan. */
  resultOf<R>(step: Pick<StepDefinition<I, any, R>, "name" | "run">, key?: string): R | undefined;
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
  /** The host that does this step, once one was chosen; also under an earlier engine, and for the undo. */
  readonly hostId: string | null;
  /** Remembers the host that does this step, before it is asked to. */
  doneBy(hostId: string): Promise<void>;
  /** Waits until `done` holds for the inventory, seeing every entry. Rejects with OvertError INTERNAL, reason TIMEOUT. */
  until(done: (snapshot: Snapshot) => boolean, timeoutMs: number): Promise<Snapshot>;
  /** Writes in the middle of a step, under the job's fence. */
  write(change: StepCommit): Promise<void>;
  /** How many jobs of a kind may be at work on one host: whoever starts children need not start more. */
  mostAtOnce(definition: Pick<JobDefinition<any>, "name">): number;
  /**
   * Runs a verb (`migrateVm.decide(tx, { engine, caller, id, input })`); the job that it adds is this job's child. A repeated step
   * finds the child of this key that it started before, in whatever state, and decides nothing. Answers null when the decision
   * needed no job. Whoever cancels this job cancels its children.
   */
  child(key: string, decide: (transaction: Transaction, engine: Engine) => { job?: RowOf<"Job"> }): Promise<RowOf<"Job"> | null>;
}

/** A plan is read as a whole, and told to whoever looks at the job. */
const MOST_STEPS = 1_000;

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
  const plan = planOf(definition, input);
  const cancellable = definition.steps.find(({ name }) => name === plan[0]?.name)?.cancellable ?? false;
  const job = transaction.insert("Job", {
    name: definition.name,
    description,
    status: "STARTED",
    progress: 0,
    reasons: [],
    cancellable,
    startTime: now,
    endTime: null,
    lastUpdated: now,
    correlationId: origin.correlationId,
    ownerId: origin.userId,
    subjectKind: subject.kind,
    subjectId: subject.id,
    input: input as Record<string, unknown>,
    cancelRequested: false,
    undoing: false,
    parentId: origin.child === undefined ? null : origin.jobId,
    parentKey: origin.child ?? null,
  });
  const run: JobRun = { jobId: job.id, runner: null, fence: 0, wanted: null, progress: 0, cancellable, lastUpdated: now };
  transaction.also(async (manager) => void (await manager.insert(JobRun, run)));
  for (const [number, step] of plan.entries()) transaction.insert("Step", { ...NEW_STEP, ...step, jobId: job.id, number });
  return job;
}

const NEW_STEP = {
  status: "UNKNOWN",
  progress: 0,
  attempts: 0,
  startTime: null,
  endTime: null,
  undone: false,
  result: null,
  hostId: null,
} as const;

function planOf<I extends object>({ name: job, steps, plan }: JobDefinition<I, any>, input: I): readonly PlannedStep[] {
  const wanted = plan ? plan(input) : steps.map(({ name, description }) => ({ name, description, key: null, args: null }));
  if (wanted.length <= MOST_STEPS) return wanted;
  const message = `${job} would have ${wanted.length} steps; ${MOST_STEPS} at most.`;
  throw new OvertError("INVALID", message, [{ code: "TOO_MANY_STEPS", message }]);
}

export interface JobRunner {
  /** A job was committed: take it up now rather than at the next look. */
  wake(): void;
  /** Tells of what passes of a job here without being journaled, until the returned function is called. */
  watch(jobId: string, passed: () => void): () => void;
  /** Lets running steps go on to a safe point; jobs are given back. */
  stop(): Promise<void>;
}
