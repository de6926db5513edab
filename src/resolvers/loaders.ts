import DataLoader from "dataloader";
import { In, type EntityManager, type FindOptionsWhere } from "typeorm";
import type { Database } from "../db/database.ts";
import { Event } from "../domain/event/event.ts";
import { Job, Step } from "../domain/job/job.ts";

type ById<T> = DataLoader<string, T | null>;
/** What is read from the database during one operation, batched and read once. Everything else is in the snapshot. */
export interface Loaders {
  readonly job: ById<Job>;
  readonly step: ById<Step>;
  readonly event: ById<Event>;
  /** In their order. */
  readonly stepsOfJob: DataLoader<string, Step[]>;
}

export function createLoaders({ reader }: Database): Loaders {
  const stepsOfJob = new DataLoader(async (jobIds: readonly string[]) => {
    const rows = await reader.find(Step, { where: { jobId: In([...jobIds]) }, order: { number: "ASC" } });
    const byJob = Map.groupBy(rows, (row) => row.jobId);
    return jobIds.map((id) => byJob.get(id) ?? []);
  });
  return { job: byId(reader, Job), step: byId(reader, Step), event: byId(reader, Event), stepsOfJob };
}

const byId = <T extends { id: string }>(reader: EntityManager, entity: new () => T): ById<T> =>
  new DataLoader(async (ids: readonly string[]) => {
    const found = await reader.findBy(entity, { id: In([...ids]) } as FindOptionsWhere<T>);
    const rows = new Map(found.map((row) => [row.id, row]));
    return ids.map((id) => rows.get(id) ?? null);
  });
