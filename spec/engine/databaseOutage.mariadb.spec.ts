import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import { expect, inject, onTestFinished, test, vi } from "vitest";
import { describeMariaDb, openStore, SPEC_ORIGIN } from "../support/database.ts";
import { ADMIN_PASSWORD, startTestEngine } from "../support/engine.ts";
import { bareSocket } from "../support/engineSocket.ts";
import { dataCenter } from "../support/entities.ts";
import { addSpecJob, jobEnd, jobOf, noting, startRunner } from "../support/jobs.ts";
import { startMariaDb } from "../support/mariadb.ts";

/** A server with an empty database, which can be taken away and brought back. */
async function server() {
  const folder = join(inject("specFolder"), randomUUID());
  const before = await startMariaDb(folder);
  onTestFinished(() => before.stop());
  const admin = await createConnection(before.url);
  await admin.query("CREATE DATABASE overt CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
  await admin.end();
  const comeBack = async () => {
    const after = await startMariaDb(folder, Number(new URL(before.url).port));
    onTestFinished(() => after.stop());
  };
  return { url: `${before.url}/overt`, goAway: before.stop, comeBack };
}

describeMariaDb("an engine whose database goes away and comes back", () => {
  test("goes on: its jobs end, its writes and its journal work", { timeout: 120_000 }, async () => {
    const { url, goAway, comeBack } = await server();
    const store = await openStore(url);
    const step = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const wait = () => (step.resolve(), gate.promise);
    const job = jobOf("waiting", [noting("a", [], { run: wait }), noting("b", [])]);
    const id = await addSpecJob(store, job);
    startRunner(store, [job]);
    await step.promise;

    await goAway();
    gate.resolve();
    await expect(store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.insert("DataCenter", dataCenter("lost")))).rejects.toThrow();
    await comeBack();

    expect((await jobEnd(store, id)).status).toBe("FINISHED");
    const made = await store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.insert("DataCenter", dataCenter("kept")));
    expect(store.journal.snapshot().get("DataCenter", made.id)).toMatchObject({ name: "kept" });
    expect(store.journal.snapshot().count("DataCenter")).toBe(1);
  });

  test("answers UNAVAILABLE meanwhile and is not ready; afterwards everything works again", { timeout: 120_000 }, async () => {
    const { url, goAway, comeBack } = await server();
    const directory = join(inject("specFolder"), randomUUID());
    await mkdir(directory, { recursive: true });
    const engine = await startTestEngine({ home: { database: url, directory } });
    const token = await engine.login();
    const changes = await bareSocket(engine.url, { authorization: `Bearer ${token}` });
    changes.send({ id: "1", type: "subscribe", payload: { query: "subscription { changes(kinds: [DataCenter]) { cursor } }" } });
    const probe = async (path: string) => {
      const response = await fetch(new URL(path, engine.url));
      return `${response.status} ${(await response.text()).trim()}`;
    };
    const login = `mutation { login(user: "admin", password: "${ADMIN_PASSWORD}") { accessToken } }`;
    const needing = [
      'mutation { addDataCenter(input: { name: "dc" }) { dataCenter { id } } }',
      "{ events { nodes { id } } }",
      "{ jobs { nodes { id } } }",
      login,
      'mutation { refreshToken(refreshToken: "of nobody") { accessToken } }',
    ];

    await goAway();
    for (const query of needing) {
      const { errors } = await engine.post(query, {}, query === login ? undefined : token);
      expect(errors, query).toMatchObject([{ extensions: { code: "UNAVAILABLE", reasons: [{ code: "DATABASE_DOWN" }] } }]);
    }
    expect([await probe("/healthz"), await probe("/readyz")]).toEqual(["200 ok", "503 DATABASE_DOWN"]);
    expect((await engine.post("{ dataCenters { nodes { name } } me { userName } }", {}, token)).errors).toBeUndefined();

    await comeBack();
    await vi.waitFor(async () => expect(await probe("/readyz")).toBe("200 ready"));
    for (const query of needing.slice(0, -1)) expect((await engine.post(query, {}, token)).errors, query).toBeUndefined();
    expect((await engine.post(needing.at(-1)!)).errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED" } }]);
    await vi.waitFor(() => expect(changes.payloads).toHaveLength(1));
    expect(engine.defects).toEqual([]);
  });
});
