import { randomUUID } from "node:crypto";
import { chmod, copyFile, mkdir, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { openDatabase } from "../../src/db/database.ts";
import { IdempotentRequest } from "../../src/db/tables.ts";
import { createSecrets, secretKey } from "../../src/domain/access/secrets.ts";
import { describeDatabases, openStore } from "../support/database.ts";
import { newHome, startTestEngine } from "../support/engine.ts";
import { startWholeEngine } from "../support/wholeEngine.ts";

const rightsOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

describeDatabases("A secret that is made at its first use", ({ fresh }) => {
  test("is the same for all who ask for it at the same time", async () => {
    const { database } = await openStore(await fresh());
    const secrets = [1, 2, 3].map(() => createSecrets(database, Buffer.alloc(32)));
    const made = await Promise.all(secrets.map((each) => each.once("key", () => randomUUID())));
    expect(new Set(made).size).toBe(1);
    expect(await secrets[0]!.get("key")).toBe(made[0]);
  });
});

describe("Files of the engine", () => {
  const everybody = async (folder: string) => {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o755);
  };
  /** What an engine that was killed leaves, with the rights that files used to have. */
  const leftBehind = async (folder: string) => {
    await everybody(folder);
    const before = join(folder, "../before");
    const database = await openDatabase(`sqlite:${join(before, "overt.db")}`);
    for (const name of await readdir(before)) {
      await copyFile(join(before, name), join(folder, name));
      await chmod(join(folder, name), 0o644);
    }
    await database.close();
  };

  test.each(["new", "there already, and open to everybody"])("are its own alone where the folder is %s", async (state) => {
    const folder = join(inject("specFolder"), randomUUID(), "overt");
    if (state !== "new") await leftBehind(folder);
    const database = await openDatabase(`sqlite:${join(folder, "overt.db")}`);
    onTestFinished(() => database.close());
    await database.transaction((manager) => manager.query("CREATE TABLE spec (id INTEGER)"));
    await secretKey(folder, undefined);
    if (state !== "new") await chmod(join(folder, "secret.key"), 0o644);
    await secretKey(folder, undefined);
    const files = (await readdir(folder)).toSorted();
    expect(files).toEqual(["overt.db", "overt.db-shm", "overt.db-wal", "secret.key"]);
    expect(await rightsOf(folder)).toBe("700");
    for (const file of files) expect([file, await rightsOf(join(folder, file))]).toEqual([file, "600"]);
  });

  test("are private in a folder that is not the engine's alone, which stays as it is", async () => {
    const folder = join(inject("specFolder"), randomUUID());
    await everybody(folder);
    await mkdir(join(folder, "others"));
    const database = await openDatabase(`sqlite:${join(folder, "overt.db")}`);
    onTestFinished(() => database.close());
    await secretKey(folder, undefined);
    expect([await rightsOf(folder), await rightsOf(join(folder, "overt.db")), await rightsOf(join(folder, "secret.key"))]).toEqual([
      "755",
      "600",
      "600",
    ]);
  });

  test("are those of the whole engine", async () => {
    const { directory } = await startWholeEngine(0);
    expect(await rightsOf(directory)).toBe("700");
    for (const file of await readdir(directory)) expect([file, await rightsOf(join(directory, file))]).toEqual([basename(file), "600"]);
    expect(dirname(directory)).toBe(inject("specFolder"));
  });
});

describe("An idempotency key", () => {
  const ADD = `mutation ($input: AddUserInput!, $key: String) { addUser(input: $input, idempotencyKey: $key) { user { id } } }`;
  const UPDATE = `mutation ($id: ID!, $input: UpdateUserInput!, $key: String) { updateUser(id: $id, input: $input, idempotencyKey: $key) { user { version } } }`;
  const input = { userName: "eve", password: "a secret word", roles: ["UserRole"] };

  test("stands for the password too, of a new user and of a changed one", async () => {
    const { ask, post, login } = await startTestEngine();
    const { addUser } = await ask(ADD, { input, key: "1" });
    expect((await ask(ADD, { input, key: "1" })).addUser).toEqual(addUser);
    await expect(ask(ADD, { input: { ...input, password: "another word" }, key: "1" })).rejects.toThrow("KEY_REUSED");
    const { id } = addUser.user;
    await ask(UPDATE, { id, input: { password: "a third word" }, key: "2" });
    await ask(UPDATE, { id, input: { password: "a third word" }, key: "2" });
    await expect(ask(UPDATE, { id, input: { password: "a fourth word" }, key: "2" })).rejects.toThrow("KEY_REUSED");
    await expect(login("eve", "a third word")).resolves.toBeTruthy();
    expect((await post(ADD, { input, key: "" }, await login())).errors?.[0]?.extensions.code).toBe("INVALID");
  });

  test("is kept with a digest that only the engine can make", async () => {
    const digests = [];
    for (let engines = 0; engines < 2; engines++) {
      const { ask, engine } = await startTestEngine({ home: await newHome() });
      await ask(ADD, { input, key: "1" });
      const [row] = await engine.database.reader.find(IdempotentRequest);
      expect(row!.request).toMatch(/^[0-9a-f]{64}$/);
      digests.push(row!.request);
    }
    expect(digests[0]).not.toBe(digests[1]);
  });
});
