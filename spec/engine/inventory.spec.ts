import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Change, Entry } from "../../src/domain/journal/entry.ts";
import { advance, snapshotOf, type Snapshot } from "../../src/domain/inventory/snapshot.ts";
import { isSuperseded } from "../../src/domain/job/running.ts";
import type { RowOf } from "../../src/domain/kinds.ts";
import { contentOf, wrongIndexes } from "../support/journalModel.ts";

const row = (id: string, name: string, version = 1): RowOf<"DataCenter"> => ({
  id,
  version,
  name,
  description: "",
  comment: "",
  status: "UP",
});
const names = fc.constantFrom("", "a", "a b", "ab", "b", "é", "🦉", "=", "z".repeat(30));
const ids = fc.constantFrom("1", "2", "3", "4", "5", "6", "7", "8");
const writes = fc.array(fc.record({ id: ids, name: fc.option(names) }), { maxLength: 30 });

/** A null name removes the row. */
function entryOf(cursor: number, snapshot: Snapshot, { id, name }: { id: string; name: string | null }): Entry {
  const before = snapshot.get("DataCenter", id);
  const after = name === null ? (before ?? row(id, "")) : row(id, name, (before?.version ?? 0) + 1);
  const operation = name === null ? "DELETED" : before ? "UPDATED" : "CREATED";
  const change: Change<"DataCenter"> = { kind: "DataCenter", id, operation, row: after, fields: [] };
  return { cursor, at: new Date(), correlationId: "spec", userId: null, jobId: null, changes: [change as unknown as Change], events: [] };
}
const byNameThenId = (a: RowOf<"DataCenter">, b: RowOf<"DataCenter">) =>
  a.name === b.name ? (a.id < b.id ? -1 : 1) : a.name < b.name ? -1 : 1;

describe("the inventory", () => {
  test("an older snapshot stays as it was, whatever comes after", () => {
    fc.assert(
      fc.property(writes, (all) => {
        const kept: { snapshot: Snapshot; content: unknown }[] = [];
        let snapshot = snapshotOf(0, {});
        for (const [number, write] of all.entries()) {
          kept.push({ snapshot, content: contentOf(snapshot) });
          snapshot = advance(snapshot, entryOf(number + 1, snapshot, write));
          expect(wrongIndexes(snapshot)).toEqual([]);
        }
        for (const { snapshot: old, content } of kept) expect(contentOf(old)).toEqual(content);
      }),
    );
  });

  test("a walk in the order of a column goes on after any row, in both directions", () => {
    fc.assert(
      fc.property(writes, fc.nat(7), (all, slot) => {
        const snapshot = all.reduce((so, write, number) => advance(so, entryOf(number + 1, so, write)), snapshotOf(0, {}));
        const sorted = [...snapshot.all("DataCenter")].toSorted(byNameThenId);
        expect([...snapshot.ordered("DataCenter", "name")]).toEqual(sorted);
        expect([...snapshot.ordered("DataCenter", "name", undefined, true)]).toEqual(sorted.toReversed());
        const at = slot % Math.max(sorted.length, 1);
        const from = sorted[at];
        if (!from) return;
        const after = { value: from.name, id: from.id };
        expect([...snapshot.ordered("DataCenter", "name", after)]).toEqual(sorted.slice(at + 1));
        expect([...snapshot.ordered("DataCenter", "name", after, true)]).toEqual(sorted.slice(0, at).toReversed());
      }),
    );
  });

  test("a job is in it by its object while it runs, and in it no more once it has ended", () => {
    const running = { id: "j1", version: 1, subjectId: "vm1", name: "startVm", status: "STARTED" } as unknown as RowOf<"Job">;
    const other = { ...running, id: "j2", subjectId: "vm2" };
    const entry = (cursor: number, operation: Change["operation"], job: RowOf<"Job">): Entry => {
      const change = { kind: "Job", id: job.id, operation, row: job, fields: [] } as unknown as Change;
      return { cursor, at: new Date(), correlationId: "spec", userId: null, jobId: null, changes: [change], events: [] };
    };
    const before = advance(snapshotOf(0, { Job: [other] }), entry(1, "CREATED", running));
    expect(before.by("Job", "subjectId", "vm1")).toEqual([running]);
    const cancelled = advance(before, entry(2, "UPDATED", { ...running, cancelRequested: true }));
    expect(cancelled.by("Job", "subjectId", "vm1")).toMatchObject([{ cancelRequested: true }]);
    const after = advance(cancelled, entry(3, "UPDATED", { ...running, status: "FAILED" }));
    expect([after.by("Job", "subjectId", "vm1"), after.get("Job", "j1"), after.count("Job")]).toEqual([[], undefined, 1]);
    expect(before.get("Job", "j1")).toBe(running);
  });

  test("a job is superseded by one of the same object that began later, or in the same moment, while that runs", () => {
    const job = (id: string, at: number, subjectId = "vm1") => ({ id, version: 1, subjectId, status: "STARTED", startTime: new Date(at) }) as unknown as RowOf<"Job">; // prettier-ignore
    const [first, same, later, other] = [job("j1", 1_000), job("j2", 1_000), job("j3", 1_001), job("j4", 2_000, "vm2")];
    const among =
      (...jobs: RowOf<"Job">[]) =>
      (of: RowOf<"Job">) =>
        isSuperseded(snapshotOf(1, { Job: jobs }), of);
    expect([first, same].map(among(first, same))).toEqual([true, true]);
    expect([first, later].map(among(first, later))).toEqual([true, false]);
    expect([first, other].map(among(first, other))).toEqual([false, false]);
  });

  test("a walk goes on after a row that is gone", () => {
    const snapshot = snapshotOf(3, { DataCenter: [row("1", "a"), row("3", "c")] });
    const gone = { value: "b", id: "2" };
    expect([...snapshot.ordered("DataCenter", "name", gone)].map(({ name }) => name)).toEqual(["c"]);
    expect([...snapshot.ordered("DataCenter", "name", gone, true)].map(({ name }) => name)).toEqual(["a"]);
  });
});
