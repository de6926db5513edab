import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import { expect, inject, onTestFinished, test } from "vitest";
import { describeMariaDb, openStore, SPEC_ORIGIN } from "../support/database.ts";
import { dataCenter } from "../support/entities.ts";
import { addSpecJob, jobEnd, jobOf, noting, startRunner } from "../support/jobs.ts";
import { startMariaDb } from "../support/mariadb.ts";

describeMariaDb("an engine whose database goes away and comes back", () => {
  test("goes on: its jobs end, its writes and its journal work", { timeout: 120_000 }, async () => {
    const folder = join(inject("specFolder"), randomUUID());
    const before = await startMariaDb(folder);
    onTestFinished(() => before.stop());
    const admin = await createConnection(before.url);
    await admin.query("CREATE DATABASE overt CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
    await admin.end();
    const store = await openStore(`${before.url}/overt`);
    const step = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const wait = () => (step.resolve(), gate.promise);
    const job = jobOf("waiting", [noting("a", [], { run: wait }), noting("b", [])]);
    const id = await addSpecJob(store, job);
    startRunner(store, [job]);
    await step.promise;

    await before.stop();
    gate.resolve();
    await expect(store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.insert("DataCenter", dataCenter("lost")))).rejects.toThrow();
    const after = await startMariaDb(folder, Number(new URL(before.url).port));
    onTestFinished(() => after.stop());

    expect((await jobEnd(store, id)).status).toBe("FINISHED");
    const made = await store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.insert("DataCenter", dataCenter("kept")));
    expect(store.journal.snapshot().get("DataCenter", made.id)).toMatchObject({ name: "kept" });
    expect(store.journal.snapshot().count("DataCenter")).toBe(1);
  });
});
