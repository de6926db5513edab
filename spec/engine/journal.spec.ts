import { expect, test } from "vitest";
import { openDatabase } from "../../src/db/database.ts";
import { createUnitOfWork } from "../../src/db/unitOfWork.ts";
import { openJournal } from "../../src/domain/journal/journal.ts";

test("a commit reaches the inventory", async () => {
  const db = await openDatabase(`sqlite:/tmp/j-${process.pid}-${Date.now()}.db`);
  const journal = await openJournal(db);
  const uow = createUnitOfWork(db, journal);
  const origin = { userId: null, correlationId: "x", jobId: null };
  const dc = await uow.run(origin, (tx) => tx.insert("DataCenter", { name: "a", description: "", comment: "", status: "UP" }));
  await uow.run(origin, (tx) => tx.update("DataCenter", dc, { name: "b" }));
  expect(journal.snapshot().get("DataCenter", dc.id)?.name).toBe("b");
  const again = await openJournal(db);
  expect(again.snapshot().cursor).toBe(2);
  expect([...again.snapshot().all("DataCenter")]).toEqual([...journal.snapshot().all("DataCenter")]);
  await db.close();
});
