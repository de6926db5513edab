import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { refuseWhileUsed } from "../input.ts";

/** Takes its unused logical networks with it. Throws NOT_FOUND, CONFLICT while it has clusters or storage domains. */
export const removeDataCenter = (
  engine: Engine,
  caller: Caller,
  { id, ...request }: Request & { id: string },
): Promise<Outcome<"DataCenter">> =>
  command(engine, caller, request, {
    verb: "removeDataCenter",
    kind: "DataCenter",
    input: id,
    decide: (tx) => {
      permit(caller, "DELETE_STORAGE_POOL");
      const dataCenter = tx.need("DataCenter", id);
      refuseWhileUsed("cluster", tx.snapshot.by("Cluster", "dataCenterId", id));
      refuseWhileUsed("storage domain", tx.snapshot.by("StorageDomain", "dataCenterId", id));
      for (const network of tx.snapshot.by("Network", "dataCenterId", id)) {
        for (const profile of tx.snapshot.by("VnicProfile", "networkId", network.id)) tx.remove("VnicProfile", profile);
        tx.remove("Network", network);
      }
      tx.remove("DataCenter", dataCenter);
      tx.event(auditEvent("USER_REMOVE_STORAGE_POOL", `Data center ${dataCenter.name} was removed by ${caller.userName}.`));
      return { entity: dataCenter };
    },
  });
