import { showsJob } from "../../domain/access/view.ts";
import type { Snapshot } from "../../domain/inventory/snapshot.ts";
import { Job } from "../../domain/job/job.ts";
import type { RowOf } from "../../domain/kinds.ts";
import { decidesRights } from "../../domain/access/grants.ts";
import type { Entry } from "../../domain/journal/entry.ts";
import { notFound } from "../../errors.ts";
import type { Context } from "../context.ts";
import { jobSeen } from "../jobSeen.ts";
import type { LatestFeed } from "./feed.ts";

/** What passes of a job that another engine runs is looked up so often; what is journaled comes by the journal. */
const LOOK_MS = 1_000;

/** A job as it is, then whenever it or one of its steps changes, until it has ended or is no longer to be seen. Throws NOT_FOUND. */
export async function jobFeed(context: Context, id: string): Promise<LatestFeed> {
  const { database, journal, jobs, log } = context.engine;
  const known = await jobSeen(context, id);
  if (!known) throw notFound("Job", id);
  const current = async (seen: Snapshot) => {
    const job = await database.reader.findOneByOrFail(Job, { id });
    return showsJob(seen, job) ? { value: job, final: job.status !== "STARTED" } : null;
  };
  const watch = (changed: () => void) => {
    const stop = new AbortController();
    const listen = async () => {
      for await (const followed of journal.follow(journal.snapshot().cursor, stop.signal))
        if ("gap" in followed || isAbout(followed.entry, known)) changed();
    };
    listen().catch((error: unknown) => log.error({ jobId: id, err: error }, "a job cannot be followed"));
    const unwatch = jobs.watch(id, changed);
    const timer = database.embedded ? undefined : setInterval(changed, LOOK_MS);
    return () => {
      stop.abort();
      unwatch();
      clearInterval(timer);
    };
  };
  return { kind: "latest", current, watch };
}

/** Whether an entry may change the job, or who sees it. */
const isAbout = ({ changes }: Entry, job: Job): boolean =>
  changes.some(({ kind, id, row }) =>
    kind === "Step" ? (row as RowOf<"Step">).jobId === job.id : decidesRights(kind) || id === job.id || id === job.subjectId,
  );
