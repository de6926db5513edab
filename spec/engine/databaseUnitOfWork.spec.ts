import { expect, test } from "vitest";
import { ChangeRow, HostSession, JournalHead, JournalRow } from "../../src/db/tables.ts";
import { DataCenter } from "../../src/domain/dataCenter/dataCenter.ts";
import { openJournal } from "../../src/domain/journal/journal.ts";
import { describeDatabases, openStore, SPEC_ORIGIN, type Store } from "../support/database.ts";
import { cluster, dataCenter } from "../support/entities.ts";

/** What is committed: rows, entries and the head's number. */
async function written({ database: { reader }, journal }: Store): Promise<unknown> {
  const { cursor } = await reader.findOneByOrFail(JournalHead, { id: 1 });
  return {
    rows: await reader.count(DataCenter),
    entries: await reader.count(JournalRow),
    cursor,
    inventory: journal.snapshot().count("DataCenter"),
  };
}
const NOTHING = { rows: 0, entries: 0, cursor: 0, inventory: 0 };
const refusal = (code: string, reason: string) => ({ name: "OvertError", code, reasons: [expect.objectContaining({ code: reason })] });

describeDatabases("the unit of work", ({ fresh }) => {
  const open = async () => openStore(await fresh());

  test("leaves nothing of a transaction that throws while it decides", async () => {
    const store = await open();
    const failing = store.unitOfWork.run(SPEC_ORIGIN, (tx) => {
      tx.insert("DataCenter", dataCenter("a"));
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await written(store)).toEqual(NOTHING);
  });

  test("leaves nothing of a transaction whose further writes fail", async () => {
    const store = await open();
    const failing = store.unitOfWork.run(SPEC_ORIGIN, (tx) => {
      tx.insert("DataCenter", dataCenter("a"));
      tx.also(async (manager) => void (await manager.insert(HostSession, { hostId: "h", incarnation: "i", acknowledged: 1 })));
      tx.also(() => Promise.reject(new Error("no")));
    });
    await expect(failing).rejects.toThrow("no");
    expect(await written(store)).toEqual(NOTHING);
    expect(await store.database.reader.count(HostSession)).toBe(0);
  });

  test("refuses a name that is taken as DUPLICATE, and leaves no number behind", async () => {
    const store = await open();
    const add = () => store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.insert("DataCenter", dataCenter("a")));
    const outcomes = await Promise.allSettled([add(), add(), add()]);
    const refused = outcomes.filter((outcome) => outcome.status === "rejected").map(({ reason }) => reason as unknown);
    expect(refused).toMatchObject([refusal("CONFLICT", "DUPLICATE"), refusal("CONFLICT", "DUPLICATE")]);
    expect(await written(store)).toEqual({ rows: 1, entries: 1, cursor: 1, inventory: 1 });
  });

  test("decides again when another writer was faster, so that no change is lost and none is refused, however many there are", async () => {
    const store = await open();
    const { id } = await store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.insert("DataCenter", dataCenter("a")));
    const count = () =>
      store.unitOfWork.run(SPEC_ORIGIN, (tx) => {
        const row = tx.need("DataCenter", id);
        tx.update("DataCenter", row, { comment: String(Number(row.comment) + 1) });
      });
    await Promise.all(Array.from({ length: 100 }, count));
    expect(store.journal.snapshot().get("DataCenter", id)).toMatchObject({ comment: "100", version: 101 });
  });

  test("a claim makes whoever read the row decide again", async () => {
    const store = await open();
    const { id } = await store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.insert("DataCenter", dataCenter("a")));
    // Two may be placed there; each looks how many there are.
    const place = (name: string) =>
      store.unitOfWork.run(SPEC_ORIGIN, (tx) => {
        const parent = tx.need("DataCenter", id);
        if (tx.snapshot.by("Cluster", "dataCenterId", id).length >= 2) throw new Error("full");
        tx.claim("DataCenter", parent);
        tx.insert("Cluster", cluster(name, id));
      });
    const outcomes = await Promise.allSettled(["a", "b", "c", "d"].map(place));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
    expect(store.journal.snapshot().count("Cluster")).toBe(2);
  });

  test("a claim is no change of the row: neither in its version nor in the journal", async () => {
    const store = await open();
    const { id } = await store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.insert("DataCenter", dataCenter("a")));
    for (const name of ["c", "d"])
      await store.unitOfWork.run(SPEC_ORIGIN, (tx) => {
        tx.claim("DataCenter", tx.need("DataCenter", id));
        tx.insert("Cluster", cluster(name, id));
      });
    expect((await store.database.reader.findOneByOrFail(DataCenter, { id })).version).toBe(1);
    const kinds = (await store.database.reader.find(ChangeRow)).map(({ kind }) => kind);
    expect(kinds.toSorted()).toEqual(["Cluster", "Cluster", "DataCenter"]);
  });

  test("a change of a row makes whoever claimed it at the same time decide again", async () => {
    const store = await open();
    const { id } = await store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.insert("DataCenter", dataCenter("a")));
    const seen: string[] = [];
    await store.unitOfWork.run(SPEC_ORIGIN, async (tx) => {
      const row = tx.need("DataCenter", id);
      seen.push(row.comment);
      if (row.comment === "") await store.unitOfWork.run(SPEC_ORIGIN, (other) => other.update("DataCenter", row, { comment: "changed" }));
      tx.claim("DataCenter", row);
      tx.insert("Cluster", cluster("c", id));
    });
    expect(seen).toEqual(["", "changed"]);
  });

  test("refuses a row that stays stale", async () => {
    const store = await open();
    const old = await store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.insert("DataCenter", dataCenter("a")));
    await store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.update("DataCenter", old, { comment: "new" }));
    const late = store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.update("DataCenter", old, { comment: "late" }));
    await expect(late).rejects.toMatchObject(refusal("CONFLICT", "STALE"));
    const removed = store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.remove("DataCenter", old));
    await expect(removed).rejects.toMatchObject(refusal("CONFLICT", "STALE"));
    expect(store.journal.snapshot().get("DataCenter", old.id)).toMatchObject({ comment: "new" });
  });

  test("refuses to remove what is referred to, and to refer to what is gone, as IN_USE", async () => {
    const store = await open();
    const parent = await store.unitOfWork.run(SPEC_ORIGIN, (tx) => {
      const made = tx.insert("DataCenter", dataCenter("a"));
      tx.insert("Cluster", cluster("c", made.id));
      return made;
    });
    const removal = store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.remove("DataCenter", parent));
    await expect(removal).rejects.toMatchObject(refusal("CONFLICT", "IN_USE"));
    const orphan = store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.insert("Cluster", cluster("d", "nowhere")));
    await expect(orphan).rejects.toMatchObject(refusal("CONFLICT", "IN_USE"));
    expect(store.journal.snapshot()).toMatchObject({ cursor: 1 });
    expect(store.journal.snapshot().count("Cluster")).toBe(1);
  });

  test("a removal and a new reference that race end with one of them refused", async () => {
    const store = await open();
    for (let round = 0; round < 10; round++) {
      const parent = await store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.insert("DataCenter", dataCenter(`dc${round}`)));
      const race = await Promise.allSettled([
        store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.remove("DataCenter", tx.need("DataCenter", parent.id))),
        store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.insert("Cluster", cluster(`c${round}`, tx.need("DataCenter", parent.id).id))),
      ]);
      const [refused, ...more] = race.filter((outcome) => outcome.status === "rejected");
      expect(more).toEqual([]);
      expect(refused?.reason).toMatchObject({ name: "OvertError", code: expect.stringMatching(/CONFLICT|NOT_FOUND/) });
    }
  });

  test("removes parents and children together, and moves what refers before", async () => {
    const store = await open();
    const [first, second] = await store.unitOfWork.run(SPEC_ORIGIN, (tx) => {
      const [a, b] = [tx.insert("DataCenter", dataCenter("a")), tx.insert("DataCenter", dataCenter("b"))];
      tx.insert("Cluster", cluster("c", a.id));
      tx.insert("Cluster", cluster("d", a.id));
      return [a, b] as const;
    });
    await store.unitOfWork.run(SPEC_ORIGIN, (tx) => {
      const [c, d] = tx.snapshot.by("Cluster", "dataCenterId", first.id);
      tx.remove("DataCenter", first);
      tx.remove("Cluster", c!);
      tx.update("Cluster", d!, { dataCenterId: second.id });
    });
    expect(store.journal.snapshot().count("DataCenter")).toBe(1);
    expect(store.journal.snapshot().count("Cluster")).toBe(1);
  });

  test("sees its own writes, and not what it removed", async () => {
    const { unitOfWork } = await open();
    const kept = await unitOfWork.run(SPEC_ORIGIN, (tx) => {
      const made = tx.insert("DataCenter", dataCenter("a"));
      const passing = tx.insert("DataCenter", dataCenter("b"));
      expect(tx.update("DataCenter", made, { comment: "x" })).toMatchObject({ version: 1, comment: "x" });
      tx.remove("DataCenter", passing);
      expect(tx.get("DataCenter", passing.id)).toBeUndefined();
      expect(tx.changes()).toHaveLength(1);
      return tx.need("DataCenter", made.id);
    });
    await unitOfWork.run(SPEC_ORIGIN, (tx) => {
      tx.remove("DataCenter", kept);
      expect(() => tx.need("DataCenter", kept.id)).toThrow("does not exist");
      expect(() => tx.update("DataCenter", kept, { comment: "y" })).toThrow("does not exist");
    });
  });

  test("writes nothing where nothing differs, and a rehearsal writes nothing at all", async () => {
    const store = await open();
    const made = await store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.insert("DataCenter", dataCenter("a")));
    await store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.update("DataCenter", made, { name: "a", comment: undefined as never }));
    const { changes } = await store.unitOfWork.rehearse(SPEC_ORIGIN, (tx) => tx.update("DataCenter", made, { name: "b" }));
    expect(changes).toMatchObject([{ operation: "UPDATED", fields: ["version", "name"] }]);
    expect(await written(store)).toEqual({ rows: 1, entries: 1, cursor: 1, inventory: 1 });
  });

  test.each([
    ["name", "x".repeat(256)],
    ["name", "nul\0"],
    ["name", "half \ud83d"],
    ["name", null],
    ["name", 5],
    ["status", "x".repeat(41)],
  ])("refuses %s with what cannot be stored before it reaches the database (%#)", async (path, value) => {
    const store = await open();
    const row = { ...dataCenter("a"), [path]: value };
    const adding = store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.insert("DataCenter", row));
    await expect(adding).rejects.toMatchObject({ code: "INVALID", reasons: [{ code: "INVALID", path: `input.${path}` }] });
    await expect(store.unitOfWork.rehearse(SPEC_ORIGIN, (tx) => tx.insert("DataCenter", row))).rejects.toMatchObject({ code: "INVALID" });
    expect(await written(store)).toEqual(NOTHING);
  });

  test("counts characters, not bytes, and keeps any of them", async () => {
    const store = await open();
    const name = "🦉".repeat(255);
    const { id } = await store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.insert("DataCenter", dataCenter(name)));
    expect(await store.database.reader.findOneByOrFail(DataCenter, { id })).toMatchObject({ name });
  });

  test("keeps values beyond 64 KiB in columns of value objects and in the journal", async () => {
    const store = await open();
    const type = "x".repeat(200_000);
    await store.unitOfWork.run(SPEC_ORIGIN, (tx) => {
      const { id } = tx.insert("DataCenter", dataCenter("a"));
      tx.insert("Cluster", cluster("c", id, { cpu: { architecture: "X86_64", type } }));
    });
    const again = await openJournal(store.database);
    expect([...again.snapshot().all("Cluster")][0]!.cpu.type).toBe(type);
    again.close();
  });

  test("writes thousands of rows in one transaction", async () => {
    const store = await open();
    const names = Array.from({ length: 6_000 }, (_, number) => `dc${number}`);
    await store.unitOfWork.run(SPEC_ORIGIN, (tx) => names.forEach((name) => tx.insert("DataCenter", dataCenter(name))));
    expect(await written(store)).toEqual({ rows: 6_000, entries: 1, cursor: 1, inventory: 6_000 });
  });
});
