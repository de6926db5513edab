import { nounOf } from "../noun/noun.ts";
import type { Transaction } from "../../db/unitOfWork.ts";
import { invalid } from "../../errors.ts";
import { AffinityGroup } from "./affinityGroup.ts";
import { AffinityLabel } from "./affinityLabel.ts";
import { CpuProfile } from "./cpuProfile.ts";
import { DiskProfile } from "./diskProfile.ts";
import { checkQos, Qos, requireQos } from "./qos.ts";

export const qos = nounOf(Qos, {
  says: { remove: "Profiles that name it limit nothing any more." },
  check: (_tx, row) => checkQos(row),
});

export const cpuProfile = nounOf(CpuProfile, {
  says: { remove: "Refused while a VM has it." },
  check: (tx, { qosId, clusterId }) =>
    requireQos(tx, qosId, { type: "CPU", dataCenterId: tx.snapshot.need("Cluster", clusterId).dataCenterId }),
});

export const diskProfile = nounOf(DiskProfile, {
  says: { remove: "Refused while a disk has it." },
  check: (tx, { qosId, storageDomainId }) =>
    requireQos(tx, qosId, { type: "STORAGE", dataCenterId: tx.snapshot.need("StorageDomain", storageDomainId).dataCenterId }),
});

export const affinityLabel = nounOf(AffinityLabel);

export const affinityGroup = nounOf(AffinityGroup, {
  check: (tx, { clusterId, vmIds, hostIds }) => {
    requireMembers(tx, clusterId, { kind: "Vm", column: "vmIds", ids: vmIds });
    requireMembers(tx, clusterId, { kind: "Host", column: "hostIds", ids: hostIds });
  },
});

interface Members {
  kind: "Vm" | "Host";
  column: string;
  ids: readonly string[];
}
/** Throws INVALID, reason OTHER_CLUSTER. */
function requireMembers({ snapshot }: Transaction, clusterId: string, { kind, column, ids }: Members): void {
  for (const [at, id] of ids.entries()) {
    const row = snapshot.get(kind, id);
    if (row && row.clusterId !== clusterId) throw invalid(`input.${column}.${at}`, `${row.name} is in another cluster.`, "OTHER_CLUSTER");
  }
}
