import "../../src/domain/noun/all.ts";
import type { NewRow } from "../../src/db/unitOfWork.ts";
import type { InventoryKind } from "../../src/domain/kinds.ts";
import { declarationOf } from "../../src/domain/noun/declaration.ts";
import { defaultsOf } from "../../src/domain/noun/rows.ts";

/** What a new one holds of which nothing is said. */
const asDeclared = <K extends InventoryKind>(kind: K) => defaultsOf(declarationOf(kind), { now: new Date() }) as unknown as NewRow<K>;

/** New rows with everything that must be there; names are unique per kind. */
export const dataCenter = (name: string, more: Partial<NewRow<"DataCenter">> = {}): NewRow<"DataCenter"> => ({
  ...asDeclared("DataCenter"),
  name,
  description: "",
  comment: "",
  status: "UP",
  ...more,
});

export const cluster = (name: string, dataCenterId: string, more: Partial<NewRow<"Cluster">> = {}): NewRow<"Cluster"> => ({
  ...asDeclared("Cluster"),
  name,
  dataCenterId,
  description: "",
  comment: "",
  cpu: { architecture: "X86_64", type: "qemu64" },
  biosType: "Q35_OVMF",
  ballooningEnabled: true,
  memoryPolicy: { overCommit: { percent: 100 } },
  migration: { autoConverge: false, bandwidth: null },
  ...more,
});
