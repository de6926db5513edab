import { showsJob } from "../domain/access/view.ts";
import type { Snapshot } from "../domain/inventory/snapshot.ts";
import type { Followed } from "../domain/journal/journal.ts";
import { Job } from "../domain/job/job.ts";
import type { RowOf } from "../domain/kinds.ts";
import { notFound } from "../errors.ts";
import type { Context } from "./context.ts";
import { jobSeen } from "./jobSeen.ts";
import type { Audience, JournalEnd, JournalFeed, JournalMessage } from "./subscriptionsFeed.ts";

/** A job as it is, then whenever it or one of its steps changes, until it has ended or is no longer to be seen. Throws NOT_FOUND. */
export async function jobFeed(context: Context, id: string): Promise<JournalFeed> {
  const { engine } = context;
  const { reader } = engine.database;
  const start = { entry: context.whole.cursor, index: 0 };
  if (!(await jobSeen(context, id))) throw notFound("Job", id);
  const current = async (entry: number): Promise<JournalMessage> => {
    // Always as it is now: a reader that is behind is not told what was true for a moment.
    const job = await reader.findOneByOrFail(Job, { id });
    return { position: { entry, index: 0 }, value: job, final: job.status !== "STARTED" };
  };
  const told = async (entry: number, seen: Snapshot): Promise<JournalMessage | JournalEnd> => {
    const message = await current(entry);
    return showsJob(seen, message.value as Job) ? message : { position: message.position, value: null, final: true };
  };
  const messages = async (followed: Followed, audience: Audience): Promise<(JournalMessage | JournalEnd)[]> => {
    if ("gap" in followed) return [await told(followed.gap.to, audience.seenAt(engine.journal.snapshot()))];
    const { entry, snapshot } = followed;
    const about = entry.changes.some(
      (change) => change.id === id || (change.kind === "Step" && (change.row as RowOf<"Step">).jobId === id),
    );
    if (!about && !audience.isConcernedBy(entry)) return [];
    const message = await told(entry.cursor, audience.seenAt(snapshot));
    return about || message.value === null ? [message] : [];
  };
  return { kind: "journal", start, opening: () => current(engine.journal.snapshot().cursor), messages };
}
