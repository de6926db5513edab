import type { Engine } from "./engine.ts";
import { auditEvent } from "./event/codes.ts";
import { CLUSTER_DEFAULTS } from "./cluster/add.ts";
import { BLANK_TEMPLATE } from "./template/blank.ts";

/** What oVirt finds at its first start too: data center and cluster `Default`, network `ovirtmgmt`, template `Blank`. */
export async function seed({ unitOfWork, journal }: Pick<Engine, "unitOfWork" | "journal">): Promise<void> {
  await unitOfWork.run({ userId: null, correlationId: "start", jobId: null }, (tx) => {
    tx.event(auditEvent("VDC_START", "The engine started."));
    if (journal.snapshot().get("Template", BLANK_TEMPLATE.id)) return;
    const { id: dataCenterId } = tx.insert("DataCenter", {
      name: "Default",
      description: "The default data center",
      comment: "",
      status: "UNINITIALIZED",
    });
    tx.insert("Cluster", { ...CLUSTER_DEFAULTS, name: "Default", description: "The default cluster", dataCenterId });
    const { id: networkId } = tx.insert("Network", {
      name: "ovirtmgmt",
      description: "Management network",
      comment: "",
      dataCenterId,
      vdsmName: "ovirtmgmt",
      mtu: 1500,
      required: true,
    });
    tx.insert("VnicProfile", { name: "ovirtmgmt", description: "", comment: "", networkId });
    tx.insert("Template", { ...BLANK_TEMPLATE, creationTime: tx.now });
  });
}
