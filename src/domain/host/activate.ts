import { auditEvent } from "../event/codes.ts";
import { cancelJobs } from "../job/running.ts";
import { verb } from "../noun/verb.ts";
import { setHostStatus, settle } from "./status.ts";

/**
 * Lets a host serve again. Without a link to its agent it waits for one. On its way to maintenance it stays: no further VM is
 * moved away, and moves that are under way go on, as in oVirt. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE.
 */
export const activateHost = verb({
  name: "activateHost",
  on: "Host",
  permit: "MANIPULATE_HOST",
  states: ["INSTALL_FAILED", "NON_OPERATIONAL", "PREPARING_FOR_MAINTENANCE", "MAINTENANCE"],
  done: "activated",
  risk: "REVERSIBLE",
  description: "Lets a host serve again.",
  decide: (tx, host, { caller, engine }) => {
    cancelJobs(tx, host.id, ["deactivateHost"]);
    tx.event(
      auditEvent("VDS_ACTIVATE", `Host ${host.name} was activated by ${caller.userName}.`, { hostId: host.id, clusterId: host.clusterId }),
    );
    const cleared = tx.update("Host", host, { maintenanceReason: null });
    const entity = engine.hosts.connected(host.id) ? settle(tx, cleared) : setHostStatus(tx, cleared, "CONNECTING", "NO_LINK");
    return { entity };
  },
});
