import { showsJob } from "../domain/access/view.ts";
import type { Job } from "../domain/job/job.ts";
import type { Context } from "./context.ts";

/** Null for one that is about nothing the viewer sees, unless he asked for it himself. */
export async function jobSeen({ loaders, snapshot }: Context, id: string): Promise<Job | null> {
  const job = await loaders.job.load(id);
  return job && showsJob(snapshot, job) ? job : null;
}
