import { Job } from "../../domain/job/job.ts";
import type { RowOf } from "../../domain/kinds.ts";
import type { Entry } from "../../domain/journal/entry.ts";
import { notFound } from "../../errors.ts";
import type { Context } from "../context.ts";
import type { LatestFeed } from "./feed.ts";

/** What passes of a job that another engine runs is looked up so often; what is journaled comes by the journal. */
const LOOK_MS = 1_000;

/** A job as it is, then whenever it or one of its steps changes, until it has ended. Throws NOT_FOUND. */
export async function jobFeed({ engine }: Context, id: string): Promise<LatestFeed> {
  const { database, journal, jobs, log } = engine;
  if (!(await database.reader.existsBy(Job, { id }))) throw notFound("Job", id);
  const current = async () => {
    const job = await database.reader.findOneByOrFail(Job, { id });
    return { value: job, final: job.status !== "STARTED" };
  };
  const watch = (changed: () => void) => {
    const stop = new AbortController();
    const listen = async () => {
      for await (const followed of journal.follow(journal.snapshot().cursor, stop.signal))
        if ("gap" in followed || isAbout(followed.entry, id)) changed();
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

const isAbout = ({ changes }: Entry, id: string): boolean =>
  changes.some((change) =>
    change.kind === "Step" ? (change.row as RowOf<"Step">).jobId === id : change.kind === "Job" && change.id === id,
  );
