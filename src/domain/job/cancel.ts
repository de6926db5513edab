import { notFound, OvertError } from "../../errors.ts";
import { permit, type Caller } from "../access/caller.ts";
import type { Engine } from "../engine.ts";
import type { RowOf } from "../kinds.ts";
import { originOf } from "./held.ts";
import { Job } from "./job.ts";
import { requestCancel } from "./running.ts";

/**
 * Asks a job, and its children, to stop. Only whoever asked for the job, or an administrator of users, may. Throws NOT_FOUND,
 * FORBIDDEN, NOT_ALLOWED_IN_STATE.
 */
export async function cancelJob(
  { database, unitOfWork }: Pick<Engine, "database" | "unitOfWork">,
  caller: Caller,
  id: string,
): Promise<RowOf<"Job">> {
  const asked = await database.reader.findOneBy(Job, { id });
  if (!asked) throw notFound("Job", id);
  return unitOfWork.run(originOf(asked), async (tx) => {
    const job = tx.get("Job", id) ?? { ...(await database.reader.findOneByOrFail(Job, { id })) };
    if (job.ownerId !== caller.userId) permit(caller, "MANIPULATE_USERS");
    if (job.status !== "STARTED") throw tooLate(`JOB_${job.status}`, "This job has ended.");
    if (job.undoing) throw tooLate("JOB_UNDOING", "This job is being undone already.");
    return requestCancel(tx, job);
  });
}

const tooLate = (code: string, message: string) => new OvertError("NOT_ALLOWED_IN_STATE", message, [{ code, message }]);
