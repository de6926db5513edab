import { randomUUID } from "node:crypto";
import type { Database } from "../../src/db/database.ts";
import type { Transaction } from "../../src/db/unitOfWork.ts";
import { DataCenter } from "../../src/domain/dataCenter/dataCenter.ts";
import type { JobDefinition, StepDefinition } from "../../src/domain/job/definition.ts";
import { insertWithDefaults } from "../../src/domain/noun/defaults.ts";
import { OvertError } from "../../src/errors.ts";

/** Leaves one row per committed effect, so that an effect that was committed twice shows. */
const effect = (tx: Transaction, job: string, what: string) =>
  void insertWithDefaults(tx, "DataCenter", { name: randomUUID(), description: what, comment: job, status: "UP" });

const step = (name: string, more: Partial<StepDefinition<object>> = {}): StepDefinition<object> => ({
  name,
  description: name,
  run:
    async ({ job }) =>
    (tx) =>
      effect(tx, job.id, name),
  undo:
    async ({ job }) =>
    (tx) =>
      effect(tx, job.id, `undo ${name}`),
  ...more,
});
const ended: JobDefinition<object>["ended"] = (tx, job, outcome) => effect(tx, job.id, outcome);
const refuse = async () => {
  throw new OvertError("STORAGE", "It will never work.");
};

/** Jobs for specs that kill engines: one that succeeds, one that fails in its last step and is undone. */
export const crashJobs = {
  succeeding: { name: "succeeding", steps: [step("one"), step("two")], ended },
  failing: { name: "failing", steps: [step("one"), step("two"), step("three", { run: refuse })], look: async () => "seen", ended },
} satisfies Record<string, JobDefinition<object>>;

/** Every effect that each of them must have had in the end, once. */
export const crashEffects = {
  succeeding: ["one", "two", "FINISHED"],
  failing: ["one", "two", "undo three", "undo two", "undo one", "FAILED"],
} as const;

/** What the job has left in the database. */
export async function effectsOf({ reader }: Database, jobId: string): Promise<string[]> {
  const rows = await reader.findBy(DataCenter, { comment: jobId });
  return rows.map(({ description }) => description).toSorted();
}
