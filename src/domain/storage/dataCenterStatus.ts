import type { Transaction } from "../../db/unitOfWork.ts";

/** A data center is as good as its storage: to be called in the transaction that changed the state of one of its domains. */
export function settleDataCenter(tx: Transaction, dataCenterId: string): void {
  const domains = tx.snapshot.by("StorageDomain", "dataCenterId", dataCenterId).flatMap(({ id }) => tx.get("StorageDomain", id) ?? []);
  const states = new Set(domains.map(({ status }) => status));
  const dataCenter = tx.need("DataCenter", dataCenterId);
  if (states.size === 0) tx.update("DataCenter", dataCenter, { status: "UNINITIALIZED" });
  else if (states.has("ACTIVE")) tx.update("DataCenter", dataCenter, { status: "UP" });
  else if (states.has("INACTIVE")) tx.update("DataCenter", dataCenter, { status: "NOT_OPERATIONAL" });
}
