import { HostSession } from "../../db/tables.ts";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { refuseWhileUsed } from "../input.ts";
import { revokeCertificates } from "./admission.ts";
import { requireHostState } from "./states.ts";

/** Forgets a host and ends its certificates: it is cut off at once. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE, CONFLICT while VMs are placed on it. */
export async function removeHost(engine: Engine, caller: Caller, { id, ...request }: Request & { id: string }): Promise<Outcome<"Host">> {
  const outcome = await command(engine, caller, request, {
    verb: "removeHost",
    kind: "Host",
    input: id,
    decide: (tx) => {
      permit(caller, "DELETE_HOST");
      const host = tx.need("Host", id);
      requireHostState(host, "remove");
      refuseWhileUsed("VM", [...tx.snapshot.by("Vm", "hostId", id), ...tx.snapshot.by("Vm", "migratingToId", id)]);
      revokeCertificates(tx, id);
      tx.also(async (manager) => void (await manager.delete(HostSession, { hostId: id })));
      tx.remove("Host", host);
      tx.event(auditEvent("USER_REMOVE_VDS", `Host ${host.name} was removed by ${caller.userName}.`, { clusterId: host.clusterId }));
      return { entity: host };
    },
  });
  if (outcome.entity) {
    engine.hosts.cut(id, "host removed");
    engine.statistics.forgetHost(id);
  }
  return outcome;
}
