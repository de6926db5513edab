import DataLoader from "dataloader";
import { In } from "typeorm";
import type { Database } from "../db/database.ts";
import { Job, Step } from "../domain/job/job.ts";

/** What is read from the database during one operation, batched and read once. Everything else is in the snapshot. */
export interface Loaders {
  readonly job: DataLoader<string, Job | null>;
  /** In their order. */
  readonly stepsOfJob: DataLoader<string, Step[]>;
}

export function createLoaders({ reader }: Database): Loaders {
  const job = new DataLoader(async (ids: readonly string[]) => {
    const rows = new Map((await reader.findBy(Job, { id: In([...ids]) })).map((row) => [row.id, row]));
    return ids.map((id) => rows.get(id) ?? null);
  });
  const stepsOfJob = new DataLoader(async (jobIds: readonly string[]) => {
    const rows = await reader.find(Step, { where: { jobId: In([...jobIds]) }, order: { number: "ASC" } });
    const byJob = Map.groupBy(rows, (row) => row.jobId);
    return jobIds.map((id) => byJob.get(id) ?? []);
  });
  return { job, stepsOfJob };
}
