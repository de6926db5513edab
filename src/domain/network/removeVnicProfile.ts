import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { refuseWhileUsed } from "../input.ts";

/** Throws NOT_FOUND, CONFLICT while a NIC uses it. */
export const removeVnicProfile = (
  engine: Engine,
  caller: Caller,
  { id, ...request }: Request & { id: string },
): Promise<Outcome<"VnicProfile">> =>
  command(engine, caller, request, {
    verb: "removeVnicProfile",
    kind: "VnicProfile",
    input: id,
    decide: (tx) => {
      permit(caller, "DELETE_NETWORK_VNIC_PROFILE");
      const profile = tx.need("VnicProfile", id);
      refuseWhileUsed("NIC", tx.snapshot.by("Nic", "vnicProfileId", id));
      tx.remove("VnicProfile", profile);
      tx.event(auditEvent("REMOVE_VNIC_PROFILE", `vNIC profile ${profile.name} was removed by ${caller.userName}.`));
      return { entity: profile };
    },
  });
