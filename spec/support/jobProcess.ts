import { randomUUID } from "node:crypto";
import { openDatabase } from "../../src/db/database.ts";
import { createUnitOfWork } from "../../src/db/unitOfWork.ts";
import { addJob, type JobDefinition } from "../../src/domain/job/definition.ts";
import { createJobRunner } from "../../src/domain/job/runner.ts";
import { openJournal } from "../../src/domain/journal/journal.ts";
import { startPresence } from "../../src/domain/presence.ts";
import { crashJobs } from "./crashJobs.ts";
import { fakeHosts, LEASE_MS, QUICK, silent, withoutVerbs } from "./jobFakes.ts";

/**
 * An engine process with nothing but the job runner: `jobProcess.ts <database URL> <job>*` adds these jobs and runs
 * whatever is in the database until it is killed.
 */
const [url, ...names] = process.argv.slice(2);
const database = await openDatabase(url!);
const journal = await openJournal(database);
const unitOfWork = createUnitOfWork(database, journal);
const definitions: readonly JobDefinition<object>[] = Object.values(crashJobs);
const presence = startPresence({ database, log: silent, leaseMs: LEASE_MS });
const engine = withoutVerbs({ database, unitOfWork, journal, presence, hosts: fakeHosts(), log: silent });
const runner = createJobRunner({ engine, definitions, settings: QUICK });
for (const name of names) {
  const definition = definitions.find((known) => known.name === name)!;
  const wanted = { definition, description: name, subject: { kind: "Vm", id: randomUUID() }, input: {} };
  await unitOfWork.run({ userId: null, correlationId: "spec", jobId: null }, (tx) => addJob(tx, wanted));
}
runner.wake();
setInterval(() => undefined, 60_000);
