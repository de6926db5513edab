import fc from "fast-check";
import type { Transaction, UnitOfWork } from "../../src/db/unitOfWork.ts";
import type { Entry } from "../../src/domain/journal/entry.ts";
import type { Snapshot } from "../../src/domain/inventory/snapshot.ts";
import { INDEXES, INVENTORY_KINDS, type IndexOf, type InventoryKind, type RowOf } from "../../src/domain/kinds.ts";
import { SPEC_ORIGIN } from "./database.ts";
import { cluster, dataCenter } from "./entities.ts";

const NAMES = ["a", "b", "c", "d", "é", "🦉"];
const HOW = [
  "addDataCenter",
  "addCluster",
  "update",
  "updateStale",
  "move",
  "claim",
  "remove",
  "removeCluster",
  "throw",
  "alsoThrow",
  "event",
] as const;

/** One thing that a writer does in its transaction; `slot` picks among the rows that there are. */
export interface Act {
  how: (typeof HOW)[number];
  name: string;
  slot: number;
}
const act: fc.Arbitrary<Act> = fc.record({ how: fc.constantFrom(...HOW), name: fc.constantFrom(...NAMES), slot: fc.nat(5) });
/** Writers that write at the same time, each in one transaction. */
export const writers: fc.Arbitrary<Act[][]> = fc.array(fc.array(act, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 6 });

const nth = <K extends InventoryKind>(snapshot: Snapshot, kind: K, slot: number): RowOf<K> | undefined =>
  [...snapshot.all(kind)][slot % Math.max(snapshot.count(kind), 1)];

type Does = (tx: Transaction, act: Act, old: Snapshot) => void;
/** `old` is the inventory before any of the writers began. */
const does: Record<Act["how"], Does> = {
  addDataCenter: (tx, { name, slot }) => void tx.insert("DataCenter", dataCenter(name, { comment: String(slot) })),
  addCluster(tx, { name, slot }) {
    const parent = nth(tx.snapshot, "DataCenter", slot);
    if (parent) tx.insert("Cluster", cluster(name, parent.id));
  },
  update(tx, { name, slot }) {
    const row = nth(tx.snapshot, "Cluster", slot);
    if (row && tx.get("Cluster", row.id))
      tx.update("Cluster", row, { comment: name, ballooningEnabled: slot > 2, cpu: { architecture: "X86_64", type: name } });
  },
  updateStale(tx, { name, slot }, old) {
    const row = nth(old, "DataCenter", slot);
    if (row && tx.get("DataCenter", row.id)) tx.update("DataCenter", row, { name });
  },
  move(tx, { slot }) {
    const [row, parent] = [nth(tx.snapshot, "Cluster", slot), nth(tx.snapshot, "DataCenter", slot + 1)];
    if (row && parent && tx.get("Cluster", row.id)) tx.update("Cluster", row, { dataCenterId: parent.id });
  },
  claim(tx, { slot }) {
    const row = nth(tx.snapshot, "DataCenter", slot);
    if (row && tx.get("DataCenter", row.id)) tx.claim("DataCenter", row);
  },
  remove(tx, { slot }) {
    const row = nth(tx.snapshot, "DataCenter", slot);
    if (row) tx.remove("DataCenter", row);
  },
  removeCluster(tx, { slot }) {
    const row = nth(tx.snapshot, "Cluster", slot);
    if (row) tx.remove("Cluster", row);
  },
  throw() {
    throw new Error("on purpose");
  },
  alsoThrow: (tx) => tx.also(() => Promise.reject(new Error("on purpose"))),
  event: (tx, { name }) => tx.event({ code: 1, name: "SPEC", severity: "NORMAL", description: name }),
};

/** Runs a writer's transaction. Rejects as the unit of work does, or with "on purpose". */
export const perform = (unitOfWork: UnitOfWork, acts: readonly Act[], old: Snapshot): Promise<void> =>
  unitOfWork.run(SPEC_ORIGIN, (tx) => acts.forEach((one) => does[one.how](tx, one, old)));

/** Everything in an inventory, comparable. */
export const contentOf = (snapshot: Snapshot): unknown => ({
  cursor: snapshot.cursor,
  rows: INVENTORY_KINDS.map((kind) => [kind, [...snapshot.all(kind)].map((row) => ({ ...row }))]),
});

/** What a replay of the journal from its beginning leads to, in the form of `contentOf`. */
export function replayed(entries: readonly Entry[]): unknown {
  const tables = new Map(INVENTORY_KINDS.map((kind) => [kind as string, new Map<string, object>()]));
  for (const { changes } of entries)
    for (const { kind, id, operation, row } of changes)
      if (operation === "DELETED") tables.get(kind)?.delete(id);
      else tables.get(kind)?.set(id, { ...row });
  const rows = [...tables].map(([kind, table]) => [kind, [...table.keys()].toSorted().map((id) => table.get(id))]);
  return { cursor: entries.at(-1)?.cursor ?? 0, rows };
}

/** Rows that an index does not give as a walk over all rows would. */
export function wrongIndexes(snapshot: Snapshot): string[] {
  const wrong: string[] = [];
  for (const kind of INVENTORY_KINDS)
    for (const column of INDEXES[kind] as readonly string[])
      for (const { [column as "id"]: value } of snapshot.all(kind)) {
        const walked = [...snapshot.all(kind)].filter((row) => row[column as "id"] === value);
        const found = snapshot.by(kind, column as IndexOf<typeof kind>, value);
        if (found.length !== walked.length || found.some((row, at) => row !== walked[at])) wrong.push(`${kind}.${column} = ${value}`);
      }
  return wrong;
}
