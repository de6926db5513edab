import { notFound, OvertError } from "../../errors.ts";
import { permit, type Caller } from "../access/caller.ts";
import { showsJob, viewOf } from "../access/view.ts";
import type { Engine } from "../engine.ts";
import { Job } from "./job.ts";

/** Only whoever asked for the job, or an administrator of users, may stop it. Throws NOT_FOUND, FORBIDDEN, NOT_ALLOWED_IN_STATE. */
export async function cancelJob(engine: Engine, caller: Caller, id: string): Promise<Job> {
  const { reader } = engine.database;
  const job = await reader.findOneBy(Job, { id });
  const snapshot = engine.journal.snapshot();
  if (!job || !showsJob(viewOf(snapshot, caller), job)) throw notFound("Job", id);
  if (job.ownerId !== caller.userId) permit(caller, "MANIPULATE_USERS");
  if (job.status !== "STARTED")
    throw new OvertError("NOT_ALLOWED_IN_STATE", "This job has ended.", [{ code: `JOB_${job.status}`, message: job.description }]);
  await engine.jobs.cancel(id);
  return reader.findOneByOrFail(Job, { id });
}
