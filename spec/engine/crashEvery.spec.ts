import { expect, test } from "vitest";
import { jobDefinitions } from "../../src/domain/job/definitions.ts";
import type { JobDefinition } from "../../src/domain/job/definition.ts";
import { engineThatDiesAt } from "../support/crash.ts";
import { CRASH_SCENARIOS, type CrashScenario } from "../support/crashScenarios.ts";
import { projectDatabase } from "../support/database.ts";
import { sampled } from "../support/sample.ts";

/** The steps of a job of today, in their order. */
const stepsOf = ({ steps, plan }: JobDefinition, { input = {} }: CrashScenario): string[] =>
  (plan ? plan(input as Record<string, unknown>) : steps).map(({ name }) => name);

/**
 * Every boundary at which the database holds something else than at the one before: the end of a job is committed with its last
 * step, so between `stepDone` and `ended` there is one commit.
 */
function boundariesOf(definition: JobDefinition, scenario: CrashScenario): string[] {
  const steps = stepsOf(definition, scenario);
  const ofSteps = steps.flatMap((step, number) => {
    const phases = number === steps.length - 1 ? ["stepStarting", "stepDone"] : ["stepStarting", "stepDone", "stepCommitted"];
    return phases.map((phase) => `${definition.name}:${step}:${phase}`);
  });
  return [`${definition.name}::claimed`, ...ofSteps, `${definition.name}::ended`];
}

/** All on the embedded database. On MariaDB, where little differs, some: all have had their turn after a few days. */
const chosen = (boundaries: readonly string[]) => (projectDatabase().name === "SQLite" ? boundaries : sampled(boundaries, 1));

async function dieAt(
  name: string,
  { prepare, ask, once, holds }: CrashScenario,
  boundary: string,
): Promise<{ ends: string[]; effects: number }> {
  const engine = await engineThatDiesAt(boundary);
  const id = await prepare(engine);
  const before = engine.effects(once);
  await ask(engine, id);
  await engine.restartAfterDeath();
  const ends = new Set(await engine.jobsEnded(name));
  await holds(engine, id);
  return { ends: [...ends], effects: engine.effects(once) - before };
}

test("there is a scenario for every job there is, and none for a job that there is not", () => {
  expect(Object.keys(CRASH_SCENARIOS).toSorted()).toEqual(jobDefinitions.map(({ name }) => name).toSorted());
});

const CASES = jobDefinitions.flatMap((definition) => {
  const scenario = CRASH_SCENARIOS[definition.name];
  return scenario ? chosen(boundariesOf(definition, scenario)).map((boundary) => ({ boundary, name: definition.name, scenario })) : [];
});
test.each(CASES)(
  "an engine that is killed at $boundary ends the job after its restart, has done it once, and leaves no lock",
  async ({ boundary, name, scenario }) => {
    const { ends, effects } = await dieAt(name, scenario, boundary);
    expect(ends).toEqual(["FINISHED"]);
    expect(effects).toBe(1);
  },
);
