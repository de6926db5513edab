import DataLoader from "dataloader";
import { In, type EntityManager, type FindOptionsWhere } from "typeorm";
import type { Database } from "../db/database.ts";
import { Event } from "../domain/event/event.ts";
import { JobRun, StepRun } from "../db/tables.ts";
import { Job, Step } from "../domain/job/job.ts";

type ById<T> = DataLoader<string, T | null>;
/** What is read from the database during one operation, batched and read once. Everything else is in the snapshot. */
export interface Loaders {
  readonly job: ById<Job>;
  readonly step: ById<Step>;
  readonly event: ById<Event>;
  /** In their order. */
  readonly stepsOfJob: DataLoader<string, Step[]>;
  /** What passes of a job; null when it has ended. */
  readonly jobRun: DataLoader<string, JobRun | null>;
  readonly stepRunsOfJob: DataLoader<string, StepRun[]>;
  /** In the order in which they were asked for. */
  readonly childrenOfJob: DataLoader<string, Job[]>;
}

export function createLoaders({ reader }: Database): Loaders {
  const stepsOfJob = new DataLoader(async (jobIds: readonly string[]) => {
    const rows = await reader.find(Step, { where: { jobId: In([...jobIds]) }, order: { number: "ASC" } });
    const byJob = Map.groupBy(rows, (row) => row.jobId);
    return jobIds.map((id) => byJob.get(id) ?? []);
  });
  const jobRun = new DataLoader(async (ids: readonly string[]) => {
    const rows = new Map((await reader.findBy(JobRun, { jobId: In([...ids]) })).map((row) => [row.jobId, row]));
    return ids.map((id) => rows.get(id) ?? null);
  });
  const stepRunsOfJob = new DataLoader(async (jobIds: readonly string[]) => {
    const byJob = Map.groupBy(await reader.findBy(StepRun, { jobId: In([...jobIds]) }), (row) => row.jobId);
    return jobIds.map((id) => byJob.get(id) ?? []);
  });
  const childrenOfJob = new DataLoader(async (parentIds: readonly string[]) => {
    const rows = await reader.find(Job, { where: { parentId: In([...parentIds]) }, order: { startTime: "ASC", id: "ASC" } });
    const byParent = Map.groupBy(rows, (row) => row.parentId);
    return parentIds.map((id) => byParent.get(id) ?? []);
  });
  return { job: byId(reader, Job), step: byId(reader, Step), event: byId(reader, Event), stepsOfJob, jobRun, stepRunsOfJob, childrenOfJob };
}

const byId = <T extends { id: string }>(reader: EntityManager, entity: new () => T): ById<T> =>
  new DataLoader(async (ids: readonly string[]) => {
    const found = await reader.findBy(entity, { id: In([...ids]) } as FindOptionsWhere<T>);
    const rows = new Map(found.map((row) => [row.id, row]));
    return ids.map((id) => rows.get(id) ?? null);
  });
