import type { Engine } from "./engine.ts";
import { auditEvent } from "./event/codes.ts";
import { insertWithDefaults } from "./noun/defaults.ts";
import { BLANK_TEMPLATE } from "./template/blank.ts";

/** What oVirt finds at its first start too: data center and cluster `Default`, network `ovirtmgmt`, template `Blank`. */
export async function seed({ unitOfWork, journal }: Pick<Engine, "unitOfWork" | "journal">): Promise<void> {
  await unitOfWork.run({ userId: null, correlationId: "start", jobId: null }, (tx) => {
    tx.event(auditEvent("VDC_START", "The engine started."));
    if (journal.snapshot().get("Template", BLANK_TEMPLATE.id)) return;
    const { id: dataCenterId } = insertWithDefaults(tx, "DataCenter", { name: "Default", description: "The default data center" });
    insertWithDefaults(tx, "Cluster", { name: "Default", description: "The default cluster", dataCenterId });
    const management = { name: "ovirtmgmt", description: "Management network", vdsmName: "ovirtmgmt", required: true };
    const { id: networkId } = insertWithDefaults(tx, "Network", { ...management, dataCenterId });
    insertWithDefaults(tx, "VnicProfile", { name: "ovirtmgmt", networkId });
    tx.insert("Template", { ...BLANK_TEMPLATE, creationTime: tx.now });
  });
}
