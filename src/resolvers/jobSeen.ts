import { showsJob } from "../domain/access/view.ts";
import type { Job, Step } from "../domain/job/job.ts";
import type { Context } from "./context.ts";

/** The one door to a job by its id. Null for one that is about nothing the viewer sees, unless he asked for it himself. */
export async function jobSeen({ loaders, snapshot }: Context, id: string): Promise<Job | null> {
  const job = await loaders.job.load(id);
  return job && showsJob(snapshot, job) ? job : null;
}

/** A step is seen with its job. */
export async function stepSeen(context: Context, id: string): Promise<Step | null> {
  const step = await context.loaders.step.load(id);
  return step && (await jobSeen(context, step.jobId)) ? step : null;
}
