import type { Job, Step } from "../domain/job/job.ts";
import type { Context } from "./context.ts";

/** The one door to a job by its id. Null when there is none. */
export const jobSeen = ({ loaders }: Context, id: string): Promise<Job | null> => loaders.job.load(id);

/** A step is seen with its job. */
export async function stepSeen(context: Context, id: string): Promise<Step | null> {
  const step = await context.loaders.step.load(id);
  return step && (await jobSeen(context, step.jobId)) ? step : null;
}
