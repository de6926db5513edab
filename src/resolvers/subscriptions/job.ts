import type { Followed } from "../../domain/journal/journal.ts";
import { Job } from "../../domain/job/job.ts";
import type { RowOf } from "../../domain/kinds.ts";
import { notFound } from "../../errors.ts";
import type { Context } from "../context.ts";
import type { JournalFeed, JournalMessage } from "./feed.ts";

/** A job as it is, then whenever it or one of its steps changes, until it has ended. Throws NOT_FOUND. */
export async function jobFeed({ engine }: Context, id: string): Promise<JournalFeed> {
  const { reader } = engine.database;
  const start = { entry: engine.journal.snapshot().cursor, index: 0 };
  if (!(await reader.existsBy(Job, { id }))) throw notFound("Job", id);
  const current = async (entry: number): Promise<JournalMessage> => {
    // Always as it is now: a reader that is behind is not told what was true for a moment.
    const job = await reader.findOneByOrFail(Job, { id });
    return { position: { entry, index: 0 }, value: job, final: job.status !== "STARTED" };
  };
  const messages = async (followed: Followed): Promise<JournalMessage[]> => {
    if ("gap" in followed) return [await current(followed.gap.to)];
    const { changes, cursor } = followed.entry;
    const about = changes.some((change) =>
      change.kind === "Step" ? (change.row as RowOf<"Step">).jobId === id : change.kind === "Job" && change.id === id,
    );
    return about ? [await current(cursor)] : [];
  };
  return { kind: "journal", start, opening: () => current(engine.journal.snapshot().cursor), messages };
}
