import { randomUUID } from "node:crypto";
import { In, IsNull, LessThan, Not, type FindOptionsWhere } from "typeorm";
import { notFound, OvertError } from "../../errors.ts";
import type { RowOf } from "../kinds.ts";
import type { JobRunner } from "./definition.ts";
import { hold, leaveNow, originOf, type Held } from "./held.ts";
import { Job, Step } from "./job.ts";
import { keepLeases } from "./lease.ts";
import { RUNNER_SETTINGS, type AnyJobDefinition, type RunnerParts, type RunnerSettings } from "./parts.ts";
import { runJob } from "./run.ts";
import { trace } from "./trace.ts";

export interface JobRunnerOptions extends Pick<RunnerParts, "database" | "unitOfWork" | "journal" | "hosts" | "log"> {
  definitions: Iterable<AnyJobDefinition>;
  settings?: Partial<RunnerSettings>;
}

/**
 * Runs the jobs in the database: durable, each by one runner at a time, resumed by whoever claims it next. It begins at
 * once. On the embedded database there is no other engine, so a job that someone else holds was left by a dead one.
 */
export function createJobRunner({ definitions, settings, ...rest }: JobRunnerOptions): JobRunner {
  const known = new Map([...definitions].map((definition) => [definition.name, definition]));
  const parts: RunnerParts = { ...rest, definitions: known, settings: { ...RUNNER_SETTINGS, ...settings }, runnerId: randomUUID() };
  const running = new Map<string, { held: Held; done: Promise<void> }>();
  const taken = new Set<string>();
  let stopping = false;

  ...
}
