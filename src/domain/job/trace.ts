import { channel } from "node:diagnostics_channel";

/** Boundaries of a job's life, in order; a process that dies at any of them is followed by one that goes on from there. */
export type JobPhase =
  | "claimed"
  | "stepStarting"
  /** `run` has returned, nothing of it is committed. */
  | "stepDone"
  | "stepCommitted"
  | "undoing"
  | "undone"
  /** The hosts were asked what became of what did not finish. */
  | "looked"
  | "ending"
  | "ended";
export interface JobTrace {
  phase: JobPhase;
  /** Name of the definition. */
  job: string;
  jobId: string;
  /** Null where the phase is not about one step. */
  step: string | null;
}

export const JOB_CHANNEL = "overt:job";
const jobs = channel(JOB_CHANNEL);

export function trace(phase: JobPhase, { name, id }: { name: string; id: string }, step: string | null = null): void {
  if (jobs.hasSubscribers) jobs.publish({ phase, job: name, jobId: id, step } satisfies JobTrace);
}
