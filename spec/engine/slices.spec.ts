import { execute, parse } from "graphql";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { callerOf } from "../../src/domain/access/caller.ts";
import { createContext } from "../../src/resolvers/context.ts";
import { buildAppSchema } from "../../src/resolvers/schema.ts";
import { filterInSlices, mapInSlices, nextSlice, sortInSlices } from "../../src/slice.ts";
import { SPEC_ORIGIN } from "../support/database.ts";
import { startTestEngine } from "../support/engine.ts";
import { addVms, seeded } from "../support/engineRows.ts";

/** How often the event loop came around while the work was done. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let [turns, over] = [0, false];
  const turn = () => {
    turns += 1;
    if (!over) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  over = true;
  return turns;
}
/** Keeps the processor for about so many ms. */
function busy(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until;);
}

describe("Long work", () => {
  test("lets the event loop go on, and comes to the same", async () => {
    const rows = Array.from({ length: 5_000 }, (_, index) => (index * 7_919) % 5_000);
    let found: unknown;
    const slow = <T>(value: T) => (busy(0.02), value);
    expect(await turnsDuring(async () => (found = await filterInSlices(rows, (row) => slow(row % 2 === 0))))).toBeGreaterThan(4);
    expect(found).toEqual(rows.filter((row) => row % 2 === 0));
    expect(await turnsDuring(async () => (found = await mapInSlices(rows, (row) => slow(row + 1))))).toBeGreaterThan(4);
    expect(found).toEqual(rows.map((row) => row + 1));
    expect(await turnsDuring(async () => (found = await sortInSlices(rows, (a, b) => (busy(0.005), a - b))))).toBeGreaterThan(4);
    expect(found).toEqual(rows.toSorted((a, b) => a - b));
    for (const few of [[], [1], [2, 1]]) expect(await sortInSlices(few, (a, b) => a - b)).toEqual(few.toSorted((a, b) => a - b));
  });

  test("of many goes on one after the other, each in a turn of its own", async () => {
    const order: number[] = [];
    const works = Array.from({ length: 3_000 }, async (_, index) => {
      await nextSlice();
      order.push(index);
    });
    expect(await turnsDuring(() => Promise.all(works))).toBeGreaterThan(2_900);
    expect(order).toEqual(Array.from({ length: 3_000 }, (_, index) => index));
  });
});

describe("An operation", () => {
  test("is answered in slices, whatever makes it long", { timeout: 120_000 }, async () => {
    const { engine, access } = await startTestEngine();
    const cluster = await seeded({ engine } as never);
    for (let batch = 0; batch < 10; batch++)
      await addVms(
        { engine } as never,
        cluster.id,
        Array.from({ length: 500 }, (_, index) => ({ name: `v${batch}-${index}` })),
      );
    await engine.unitOfWork.run(SPEC_ORIGIN, (tx) => {
      for (let index = 0; index < 5_000; index++) tx.event({ code: 1, name: "SPEC", severity: "NORMAL", description: "x".repeat(200) });
    });
    const snapshot = engine.journal.snapshot();
    const [schema, caller] = [await buildAppSchema(), callerOf(snapshot, [...snapshot.all("User")][0]!)];
    const turns = (query: string) =>
      turnsDuring(async () => {
        const contextValue = createContext({ engine, access, caller, address: "" });
        const { errors } = await execute({ schema, document: parse(query), contextValue });
        expect(errors).toBeUndefined();
      });
    const aliases = Array.from({ length: 90 }, (_, index) => `a${index}: description`).join(" ");
    const few = await turns("{ vms(first: 1) { nodes { id } } }");
    // A slow machine: whenever the clock is looked at, 5 ms have gone by.
    const now = performance.now.bind(performance);
    let gone = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now() + (gone += 5));
    onTestFinished(() => void vi.restoreAllMocks());
    const lists = (selection: string) => `{ a: vms(first: 1000) { ${selection} } b: vms(first: 1000) { ${selection} } }`;
    expect(await turns(lists(`nodes { ${aliases} }`)), "rows").toBeGreaterThan(few + 9);
    expect(await turns(lists(`edges { node { ${aliases} } }`)), "edges").toBeGreaterThan(few + 9);
    const conditions = Array.from({ length: 150 }, (_, index) => `name != x${index}`).join(" ");
    expect(await turns(`{ vms(first: 1, search: "${conditions}") { totalCount } }`), "search").toBeGreaterThan(few + 9);
    const orders = Array.from({ length: 50 }, (_, index) => `a${index}: vms(first: 1, orderBy: { field: CREATION }) { totalCount }`).join(
      " ",
    );
    expect(await turns(`{ ${orders} }`), "orders").toBeGreaterThan(45);
    expect(await turns('{ events(first: 1, search: "nothing") { nodes { id } } }'), "history").toBeGreaterThan(9);
  });
});
