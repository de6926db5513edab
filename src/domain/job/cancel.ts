import { notFound, OvertError } from "../../errors.ts";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import { showsJob, viewOf } from "../access/view.ts";
import type { Engine } from "../engine.ts";
import { Job } from "./job.ts";
import { requestCancel } from "./running.ts";

/**
 * Asks a job, and its children, to stop. Only whoever asked for the job, or an administrator of users, may. Throws NOT_FOUND,
 * FORBIDDEN, NOT_ALLOWED_IN_STATE.
 */
export async function cancelJob(engine: Engine, caller: Caller, { id, ...request }: Request & { id: string }): Promise<Outcome<"Job">> {
  const { reader } = engine.database;
  const asked = await reader.findOneBy(Job, { id });
  if (!asked || !showsJob(viewOf(engine.journal.snapshot(), caller), asked)) throw notFound("Job", id);
  if (asked.ownerId !== caller.userId) permit(caller, "MANIPULATE_USERS");
  return command(engine, caller, request, {
    verb: "cancelJob",
    kind: "Job",
    input: id,
    decide: async (tx) => {
      const job = tx.get("Job", id) ?? (await reader.findOneByOrFail(Job, { id }));
      if (job.status !== "STARTED") throw tooLate(`JOB_${job.status}`, "This job has ended.");
      if (job.undoing) throw tooLate("JOB_UNDOING", "This job is being undone already.");
      const entity = requestCancel(tx, job);
      return { entity, job: entity };
    },
  });
}

const tooLate = (code: string, message: string) => new OvertError("NOT_ALLOWED_IN_STATE", message, [{ code, message }]);
