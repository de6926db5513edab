import { randomUUID } from "node:crypto";
import { closeSync, openSync, rmSync, statSync, truncateSync, writeSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, inject, test, vi } from "vitest";
import { graphqlClient } from "../../lab/graphql.ts";
import { freePort } from "../support/freePort.ts";
import { seenBy, startProcess } from "../support/process.ts";

const DISK_MIB = 24;
const CHUNK = Buffer.alloc(4_096);

function fill(file: string): void {
  const opened = openSync(file, "w");
  try {
    for (;;) writeSync(opened, CHUNK);
  } catch (error) {
    expect(error).toMatchObject({ code: "ENOSPC" });
  } finally {
    closeSync(opened);
  }
}

async function startOnDisk() {
  const folder = join(inject("specFolder"), randomUUID());
  await mkdir(folder, { recursive: true });
  const engine = startProcess("../../src/main.ts", [], {
    env: { OVERT_DIR: folder, OVERT_PORT: `${await freePort()}`, OVERT_HOSTLINK_ADDRESSES: "127.0.0.1", OVERT_LOG_LEVEL: "error" },
    disk: { folder, mib: DISK_MIB },
  });
  await vi.waitFor(() => expect(engine.output()).toContain("\n"));
  const { url, user, password } = JSON.parse(engine.output());
  const token = await graphqlClient(url, { user, password }).accessToken();
  const post = async (query: string, variables: object = {}) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    const response = await fetch(new URL("/graphql", url), { method: "POST", headers, body: JSON.stringify({ query, variables }) });
    return (await response.json()) as { data: any; errors?: { extensions: object }[] };
  };
  const probe = async (path: string) => {
    const response = await fetch(new URL(path, url));
    return `${response.status} ${(await response.text()).trim()}`;
  };
  return { engine, filler: join(seenBy(engine, folder), "filler"), post, probe, login: { user, password } };
}

const ADD = "mutation ($input: AddDataCenterInput!) { addDataCenter(input: $input) { dataCenter { id } } }";
const LOGIN = "mutation ($user: String!, $password: String!) { login(user: $user, password: $password) { accessToken } }";
const DISK_FULL = [{ extensions: { code: "UNAVAILABLE", reasons: [{ code: "DISK_FULL" }] } }];

test("A full disk is UNAVAILABLE as DISK_FULL, loses nothing, and is over when there is space again", { timeout: 120_000 }, async () => {
  const { engine, filler, post, probe, login } = await startOnDisk();
  const told = ["Default"];
  let number = 0;
  const add = async () => {
    const name = `dc${number++}`;
    const { errors } = await post(ADD, { input: { name, description: "x".repeat(255) } });
    if (!errors) told.push(name);
    return errors;
  };
  const names = async () => {
    const { data } = await post("{ dataCenters(first: 1000) { nodes { name } } }");
    return data.dataCenters.nodes.map(({ name }: { name: string }) => name).toSorted();
  };
  expect(await add()).toBeUndefined();
  for (let round = 0; round < 2; round++) {
    fill(filler);
    // What the database has of the disk already is used up first.
    await vi.waitFor(async () => expect(await add()).toMatchObject(DISK_FULL), { interval: 1 });
    expect(await Promise.all(Array.from({ length: 10 }, add))).toMatchObject(Array.from({ length: 10 }, () => DISK_FULL));
    expect((await post(LOGIN, login)).errors).toMatchObject(DISK_FULL);
    expect([await probe("/healthz"), await probe("/readyz")]).toEqual(["200 ok", "503 DISK_FULL"]);
    // Room for a row, and for no usual change.
    truncateSync(filler, statSync(filler).size - 3 * CHUNK.length);
    await vi.waitFor(async () => expect(await add()).toMatchObject(DISK_FULL), { interval: 1 });
    for (let times = 0; times < 3; times++) {
      await sleep(600);
      expect(await probe("/readyz")).toBe("503 DISK_FULL");
    }
    expect(await names()).toEqual(told.toSorted());

    rmSync(filler);
    await vi.waitFor(async () => expect(await probe("/readyz")).toBe("200 ready"));
    expect((await post(LOGIN, login)).errors).toBeUndefined();
    expect(await add()).toBeUndefined();
    expect(await names()).toEqual(told.toSorted());
  }
  expect([engine.child.exitCode, engine.errors()]).toEqual([null, ""]);
});
