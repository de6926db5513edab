import type { NewRow } from "../../src/db/unitOfWork.ts";

/** New rows with everything that must be there; names are unique per kind. */
export const dataCenter = (name: string, more: Partial<NewRow<"DataCenter">> = {}): NewRow<"DataCenter"> => ({
  name,
  description: "",
  comment: "",
  status: "UP",
  ...more,
});

export const cluster = (name: string, dataCenterId: string, more: Partial<NewRow<"Cluster">> = {}): NewRow<"Cluster"> => ({
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
