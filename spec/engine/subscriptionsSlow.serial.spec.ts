import { setTimeout as passing } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { SPEC_ORIGIN } from "../support/database.ts";
import { startTestEngine, type TestEngine } from "../support/engine.ts";
import { bareSocket } from "../support/engineSocket.ts";
import { used } from "../support/memory.ts";
import { insertWithDefaults } from "../../src/domain/noun/defaults.ts";

const MIB = 1024 * 1024;
const TEXT = "x".repeat(255);
/** About 7 KiB per message. */
const CHANGES = `subscription ($after: Cursor) {
  changes(kinds: [DataCenter], after: $after) { cursor id entity { ... on DataCenter { ${Array.from({ length: 25 }, (_, index) => `d${index}: description`).join(" ")} } } }
}`;

async function write({ engine }: TestEngine, commits: number, each: number, prefix = "dc"): Promise<void> {
  for (let commit = 0; commit < commits; commit++)
    await engine.unitOfWork.run(SPEC_ORIGIN, (tx) => {
      for (let index = 0; index < each; index++)
        insertWithDefaults(tx, "DataCenter", { name: `${prefix}-${commit}-${index}`, description: TEXT, comment: "", status: "UP" });
    });
}

describe("A client that does not read", () => {
  test("costs bounded memory, and misses nothing when it reads again", async () => {
    const engine = await startTestEngine();
    const authorization = `Bearer ${await engine.login()}`;
    const after = String(engine.engine.journal.snapshot().cursor);
    const clients = await Promise.all(Array.from({ length: 5 }, () => bareSocket(engine.url, { authorization })));
    for (const client of clients) {
      client.send({ id: "a", type: "subscribe", payload: { query: CHANGES, variables: { after } } });
      client.socket.pause();
    }
    const changes = 20 * 100;
    let read = 0;
    const reader = await engine.connect();
    const next = () => void read++;
    reader.subscribe({ query: CHANGES, variables: { after } }, { next, error: console.error, complete: () => undefined });
    await write(engine, 1, 1, "first");
    await vi.waitFor(() => expect(read).toBe(1));
    const before = used();
    await write(engine, 20, 100);
    // He who reads has got all.
    await vi.waitFor(() => expect(read).toBe(1 + changes), { timeout: 30_000, interval: 50 });
    // All that waits for them would be 70 MiB.
    expect((used() - before) / MIB).toBeLessThan(40);
    for (const { socket } of clients) socket.resume();
    await vi.waitFor(() => clients.forEach(({ payloads }) => expect(payloads.length).toBe(1 + changes)), {
      timeout: 30_000,
      interval: 200,
    });
    for (const { payloads } of clients) {
      expect(new Set(payloads.map(({ data }) => data.changes.id)).size).toBe(1 + changes);
      expect(new Set(payloads.map(({ data }) => data.changes.cursor)).size).toBe(1 + changes);
    }
    expect(engine.defects).toEqual([]);
  });

  test("is let go after a while", async () => {
    const engine = await startTestEngine({ stallMs: 500 });
    const authorization = `Bearer ${await engine.login()}`;
    const client = await bareSocket(engine.url, { authorization });
    const after = String(engine.engine.journal.snapshot().cursor);
    client.send({ id: "a", type: "subscribe", payload: { query: CHANGES, variables: { after } } });
    client.socket.pause();
    await write(engine, 30, 100);
    await passing(2_500); // longer than anybody is waited for
    client.socket.resume();
    await vi.waitFor(() => expect(client.closed).not.toBeNull());
    expect([1006, 1013]).toContain(client.closed!.code);
  });
});
