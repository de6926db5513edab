import { Failure, given } from "../lib/failure.ts";
import { follow } from "../lib/follow.ts";
import { patiently } from "../lib/patiently.ts";
import { gather } from "../lib/gather.ts";
import { request } from "../lib/request.ts";
import { session } from "../lib/session.svelte.ts";
import { toastFailure } from "../lib/toasts.svelte.ts";
import { CANCEL_JOB, JOB_CHANGES, JOBS, type JobLine } from "./documents.ts";

const KEPT = 100;

/** The newest jobs, newest first, while somebody is logged in. */
let jobs = $state.raw<readonly JobLine[]>([]);
let loaded = $state(false);
export const activity = {
  get jobs() {
    return jobs;
  },
  get loaded() {
    return loaded;
  },
};

/** Keeps `activity` true; answers what ends that. */
export function followJobs(): () => void {
  let ended = false;
  let stop = () => {};
  const news = gather(take);
  const tell = (job: JobLine | null) => job && news.add(job);
  const begin = async () => {
    stop();
    try {
      const { data, asOf } = await patiently(
        () => request(JOBS, { first: KEPT }),
        () => !ended,
      );
      if (ended) return;
      jobs = given(data.jobs).nodes;
      loaded = true;
      stop = follow(JOB_CHANGES, {}, { after: asOf, next: ({ entity }) => tell(jobOf(entity)), gap: () => void begin() });
    } catch (error) {
      if (!ended) toastFailure(error);
    }
  };
  void begin();
  return () => {
    ended = true;
    stop();
    news.drop();
    jobs = [];
    loaded = false;
  };
}

type Told = { __typename: string } | ({ __typename: "Job" } & JobLine) | { __typename: "Step"; job: JobLine } | null;
function jobOf(entity: Told): JobLine | null {
  if (entity && "subject" in entity) return entity;
  return entity && "job" in entity ? entity.job : null;
}

function take(told: readonly JobLine[]): void {
  const newest = new Map(told.map((job) => [job.id, job]));
  const before = new Map(jobs.map((job) => [job.id, job]));
  const added = [...newest.values()].filter(({ id }) => !before.has(id)).toReversed();
  jobs = [...added, ...jobs.map((job) => newest.get(job.id) ?? job)].slice(0, KEPT);
  for (const job of newest.values()) if (job.status === "FAILED" && before.get(job.id)?.status !== "FAILED") tellFailure(job);
}

function tellFailure(job: JobLine): void {
  if (job.owner?.userName !== session.userName) return;
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
