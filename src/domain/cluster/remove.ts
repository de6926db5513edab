import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { refuseWhileUsed } from "../input.ts";

/** Throws NOT_FOUND, CONFLICT while it has hosts or VMs. */
export const removeCluster = (engine: Engine, caller: Caller, { id, ...request }: Request & { id: string }): Promise<Outcome<"Cluster">> =>
  command(engine, caller, request, {
    verb: "removeCluster",
    kind: "Cluster",
    input: id,
    decide: (tx) => {
      permit(caller, "DELETE_CLUSTER");
      const cluster = tx.need("Cluster", id);
      refuseWhileUsed("host", tx.snapshot.by("Host", "clusterId", id));
      refuseWhileUsed("VM", tx.snapshot.by("Vm", "clusterId", id));
      tx.remove("Cluster", cluster);
      tx.event(auditEvent("USER_REMOVE_CLUSTER", `Cluster ${cluster.name} was removed by ${caller.userName}.`));
      return { entity: cluster };
    },
  });
