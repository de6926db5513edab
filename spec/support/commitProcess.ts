import { openDatabase } from "../../src/db/database.ts";
import { createUnitOfWork } from "../../src/db/unitOfWork.ts";
import { openJournal } from "../../src/domain/journal/journal.ts";
import { cluster, dataCenter } from "./entities.ts";

/** An engine process that commits as fast as it can, with many writers at once, until it is killed: `commitProcess.ts <database URL>`. */
const WRITERS = 8;
const database = await openDatabase(process.argv[2]!);
const journal = await openJournal(database);
const unitOfWork = createUnitOfWork(database, journal);
const origin = { userId: null, correlationId: "spec", jobId: null };

async function writer(number: number): Promise<void> {
  for (let round = 0; ; round++) {
    const name = `${process.pid}-${number}-${round}`;
    const made = await unitOfWork.run(origin, (tx) => {
      const parent = tx.insert("DataCenter", dataCenter(name));
      tx.event({ code: 1, name: "SPEC", severity: "NORMAL", description: name });
      return tx.insert("Cluster", cluster(name, parent.id));
    });
    await unitOfWork.run(origin, (tx) => tx.update("Cluster", tx.need("Cluster", made.id), { comment: name }));
    if (round % 3 === 0) await unitOfWork.run(origin, (tx) => tx.remove("Cluster", tx.need("Cluster", made.id)));
    if (round === 0) process.stdout.write("writing\n");
  }
}
await Promise.all(Array.from({ length: WRITERS }, (_, number) => writer(number)));
