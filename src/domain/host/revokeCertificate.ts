import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { revokeCertificates } from "./admission.ts";

/** Ends all certificates of a host and cuts it off at once; its VMs run on. Throws NOT_FOUND. */
export async function revokeCertificateHost(
  engine: Engine,
  caller: Caller,
  { id, ...request }: Request & { id: string },
): Promise<Outcome<"Host">> {
  const outcome = await command(engine, caller, request, {
    verb: "revokeCertificateHost",
    kind: "Host",
    input: id,
    decide: (tx) => {
      permit(caller, "EDIT_HOST_CONFIGURATION");
      const host = tx.need("Host", id);
      revokeCertificates(tx, id);
      tx.event(
        auditEvent("HOST_CERTIFICATION_IS_INVALID", `The certificates of host ${host.name} were revoked by ${caller.userName}.`, {
          hostId: id,
        }),
      );
      return { entity: host };
    },
  });
  if (outcome.entity) engine.hosts.cut(id, "certificate revoked");
  return outcome;
}
