import { orGone, type Held } from "./held.ts";
import type { LookContext } from "./definition.ts";
import type { AnyJobDefinition, RunnerParts } from "./parts.ts";
import { trace } from "./trace.ts";

/** What hosts tell of the object of a job that did not finish; null when they tell nothing in time. Rejects with LEFT only. */
export async function look(parts: RunnerParts, held: Held, definition: AnyJobDefinition | undefined): Promise<unknown> {
  if (!definition?.look) return null;
  const { hosts, journal, log, settings } = parts;
  const context: LookContext<any> = {
    job: held.job,
    snapshot: () => journal.snapshot(),
    call: (hostId, method, params) => hosts.call(hostId, method, params, { deadlineMs: settings.askMs }),
  };
  const { promise: late, reject } = Promise.withResolvers<never>();
  // The calls have deadlines of their own; a look may do more than call.
  const timer = setTimeout(() => reject(new Error("the look took too long")), 2 * settings.askMs);
  const asked = Promise.race([Promise.resolve(context).then(definition.look), late]).catch((error: unknown) => {
    log.warn({ jobId: held.id, job: held.job.name, err: error }, "nobody could tell what became of an unfinished job");
    return null;
  });
  try {
    return await orGone(held, asked);
  } finally {
    clearTimeout(timer);
    trace("looked", held.job);
  }
}
