import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { cancelJobs } from "../job/running.ts";
import { requireHostState } from "./states.ts";
import { setHostStatus, settle } from "./status.ts";

/**
 * Lets a host serve again. Without a link to its agent it waits for one. On its way to maintenance it stays: no further VM is
 * moved away, and moves that are under way go on, as in oVirt. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE.
 */
export const activateHost = (engine: Engine, caller: Caller, { id, ...request }: Request & { id: string }): Promise<Outcome<"Host">> =>
  command(engine, caller, request, {
    verb: "activateHost",
    kind: "Host",
    input: id,
    decide: (tx) => {
      permit(caller, "MANIPULATE_HOST");
      const host = tx.need("Host", id);
      requireHostState(host, "activate");
      cancelJobs(tx, id, ["deactivateHost"], { children: false });
      tx.event(
        auditEvent("VDS_ACTIVATE", `Host ${host.name} was activated by ${caller.userName}.`, { hostId: id, clusterId: host.clusterId }),
      );
      const cleared = tx.update("Host", host, { maintenanceReason: null });
      const entity = engine.hosts.connected(id) ? settle(tx, cleared) : setHostStatus(tx, cleared, "CONNECTING", "NO_LINK");
      return { entity };
    },
  });
