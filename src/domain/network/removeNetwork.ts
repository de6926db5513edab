import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { refuseWhileUsed } from "../input.ts";

/** Takes its vNIC profiles with it. Throws NOT_FOUND, CONFLICT while a NIC uses one of them. */
export const removeNetwork = (engine: Engine, caller: Caller, { id, ...request }: Request & { id: string }): Promise<Outcome<"Network">> =>
  command(engine, caller, request, {
    verb: "removeNetwork",
    kind: "Network",
    input: id,
    decide: (tx) => {
      permit(caller, "DELETE_STORAGE_POOL_NETWORK");
      const network = tx.need("Network", id);
      for (const profile of tx.snapshot.by("VnicProfile", "networkId", id)) {
        refuseWhileUsed("NIC", tx.snapshot.by("Nic", "vnicProfileId", profile.id));
        tx.remove("VnicProfile", profile);
      }
      tx.remove("Network", network);
      tx.event(
        auditEvent("NETWORK_REMOVE_NETWORK", `Logical network ${network.name} was removed by ${caller.userName}.`, {
          dataCenterId: network.dataCenterId,
        }),
      );
      return { entity: network };
    },
  });
