import { IsNull, type EntityManager } from "typeorm";
import { JobRun, StepRun } from "../../db/tables.ts";
import type { RowOf } from "../kinds.ts";
import { LIVING } from "../presence.ts";
import { hold, type Held } from "./held.ts";
import { Job, Step } from "./job.ts";
import type { RunnerParts } from "./parts.ts";
import type { Place } from "./slots.ts";
import { trace } from "./trace.ts";

/** Jobs that nobody runs are looked through in parts of this size. */
const MOST_FREE = 5_000;

type JobRow = RowOf<"Job">;

/** Jobs that nobody runs and that are not another engine's to run, oldest first. `isMine` tells those that this runner is at work on. */
export async function claimable(parts: RunnerParts, isMine: (id: string) => boolean): Promise<JobRow[]> {
  const { database, journal } = parts;
  const free = await freeRuns(parts, database.reader).select("run.jobId", "jobId").limit(MOST_FREE).getRawMany<{ jobId: string }>();
  const snapshot = journal.snapshot();
  // One that the inventory here does not have yet will be looked at next time.
  const rows = free.flatMap(({ jobId }) => (isMine(jobId) ? [] : (snapshot.get("Job", jobId) ?? [])));
  return rows.sort((a, b) => +a.startTime - +b.startTime || (a.id < b.id ? -1 : 1));
}

/** On the embedded database there is no other engine: who else holds a job is dead. */
function freeRuns({ database, presence: { engineId } }: RunnerParts, manager: EntityManager) {
  const query = manager.createQueryBuilder(JobRun, "run");
  if (database.embedded) return query;
  const living = LIVING(manager);
  return query
    .where(`(run.runner IS NULL OR run.runner = :engineId OR run.runner NOT IN ${living})`, { engineId })
    .andWhere(`(run.wanted IS NULL OR run.wanted = :engineId OR run.wanted NOT IN ${living})`);
}

/** What the job takes of the limits. */
export function placeOf({ definitions }: RunnerParts, { name, input }: Pick<JobRow, "name" | "input">): Place {
  return { kind: name, hostId: definitions.get(name)?.hostOf?.(input) ?? null };
}

/** By compare-and-swap: null when someone else was faster, or the job has ended. `id` is not being run here; `place` is taken for it. */
export async function claim(parts: RunnerParts, id: string, place: Place): Promise<Held | null> {
  const { database, journal, presence } = parts;
  const run = await freeRuns(parts, database.reader).andWhere("run.jobId = :id", { id }).getOne();
  if (!run) return null;
  const taken = { runner: presence.engineId, fence: run.fence + 1, wanted: null, lastUpdated: new Date() };
  const { affected } = await database.transaction((manager) =>
    manager.update(JobRun, { jobId: id, fence: run.fence, runner: run.runner ?? IsNull() }, taken),
  );
  if (!affected) return null;
  const { reader } = database;
  const job = await reader.findOneByOrFail(Job, { id });
  const steps = await reader.find(Step, { where: { jobId: id }, order: { number: "ASC" } });
  const stepRuns = await reader.findBy(StepRun, { jobId: id });
  // What the runner before this one has committed counts: it may have been another engine.
  if (!database.embedded) await journal.catchUp();
  trace("claimed", job);
  return hold({ run: { ...run, ...taken }, job: { ...job }, steps: steps.map((step) => ({ ...step })), stepRuns }, place);
}

const ANSWER_BYTES = 64 * 1024;

/** Gives the job back, so that another engine need not wait for this one's lease to run out. */
export async function release({ database, presence }: RunnerParts, held: Held): Promise<void> {
  const mine = { jobId: held.id, runner: presence.engineId, fence: held.fence };
  const number = held.steps.findIndex(({ status }) => status !== "FINISHED");
  const answers = Object.fromEntries(held.answers);
  const kept = held.wanted !== null && Buffer.byteLength(JSON.stringify(answers)) <= ANSWER_BYTES ? answers : null;
  await database.transaction(async (manager) => {
    const { affected } = await manager.update(JobRun, mine, { runner: null, wanted: held.wanted });
    if (affected && kept && number >= 0) await manager.update(StepRun, { jobId: held.id, number }, { answers: kept as never });
  });
}
