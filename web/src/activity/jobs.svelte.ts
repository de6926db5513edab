import { Failure } from "../lib/failure.ts";
import { follow } from "../lib/follow.ts";
import { patiently } from "../lib/patiently.ts";
import { request } from "../lib/request.ts";
import { session } from "../lib/session.svelte.ts";
import { toastFailure } from "../lib/toasts.svelte.ts";
import { CANCEL_JOB, JOB_CHANGES, JOBS, type JobLine } from "./documents.ts";

const KEPT = 200;

/** The newest jobs, newest first, while somebody is logged in. */
export const activity = $state<{ jobs: JobLine[]; loaded: boolean }>({ jobs: [], loaded: false });

/** Keeps `activity` true; answers what ends that. */
export function followJobs(): () => void {
  let ended = false;
  let stop = () => {};
  const begin = async () => {
    stop();
    try {
      const { data, asOf } = await patiently(
        () => request(JOBS, { first: KEPT / 2 }),
        () => !ended,
      );
      if (ended) return;
      Object.assign(activity, { jobs: data.jobs.nodes, loaded: true });
      stop = follow(JOB_CHANGES, {}, { after: asOf, next: ({ entity }) => take(jobOf(entity)), gap: () => void begin() });
    } catch (error) {
      if (!ended) toastFailure(error);
    }
  };
  void begin();
  return () => {
    ended = true;
    stop();
    Object.assign(activity, { jobs: [], loaded: false });
  };
}

type Told = { __typename: string } | ({ __typename: "Job" } & JobLine) | { __typename: "Step"; job: JobLine } | null;
function jobOf(entity: Told): JobLine | null {
  if (entity && "subject" in entity) return entity;
  return entity && "job" in entity ? entity.job : null;
}

function take(job: JobLine | null): void {
  if (!job) return;
  const at = activity.jobs.findIndex(({ id }) => id === job.id);
  const before = activity.jobs[at];
  if (before) activity.jobs[at] = job;
  else activity.jobs = [job, ...activity.jobs].slice(0, KEPT);
  const mine = job.owner?.userName === session.userName;
  if (mine && job.status === "FAILED" && before?.status === "STARTED")
    toastFailure(new Failure(job.reasons[0]?.code ?? "JOB_FAILED", `${job.description}: failed.`, job.reasons));
}

/** Asks a job to stop and take back what it did. */
export async function cancelJob(id: string): Promise<void> {
  try {
    await request(CANCEL_JOB, { id });
  } catch (error) {
    toastFailure(error);
  }
}
