import { auditEvent } from "../event/codes.ts";
import { HostCallError } from "../host/ports.ts";
import { refuseWhileUsed } from "../input.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import { addJob, type JobDefinition, type LookContext } from "../job/definition.ts";
import { verb } from "../noun/verb.ts";
import { anyHostFor, hostForStep, requireHostFor } from "./anyHost.ts";
import { storageRef } from "./check.ts";
import { settleDataCenter } from "./dataCenterStatus.ts";
import type { StorageDomainStatus } from "./storageDomain.ts";

/** Deletes the domain's folder too. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE, CONFLICT while something is kept in it, NO_HOST. */
export const removeStorageDomain = verb({
  name: "removeStorageDomain",
  on: "StorageDomain",
  permit: "DELETE_STORAGE_DOMAIN",
  states: ["ACTIVE", "INACTIVE", "MAINTENANCE", "UNATTACHED", "UNKNOWN"],
  done: "removed",
  risk: "DESTRUCTIVE",
  description: "Deletes the domain's folder too.",
  decide: (tx, domain) => {
    refuseWhileHolding(tx.snapshot, domain.id);
    requireHostFor(tx.snapshot, domain.dataCenterId);
    const entity = tx.update("StorageDomain", domain, { status: "LOCKED" });
    const subject = { kind: "StorageDomain", id: domain.id };
    const input = { status: domain.status };
    const job = addJob(tx, { definition: removeStorageDomainJob, description: `Removing storage domain ${domain.name}`, subject, input });
    return { entity, job };
  },
});

function refuseWhileHolding(snapshot: Snapshot, id: string): void {
  refuseWhileUsed({ kind: "Disk", words: "disk" }, snapshot.by("Disk", "storageDomainId", id));
  refuseWhileUsed(
    { kind: "Vm", words: "suspended VM" },
    [...snapshot.all("Vm")].filter((vm) => vm.memoryDomainId === id),
  );
}

/** Whether a host still finds a domain that could not be removed. */
async function lookForDomain({ job, snapshot, call }: LookContext<object>): Promise<"WHOLE" | "BROKEN"> {
  const domain = snapshot().need("StorageDomain", job.subjectId);
  try {
    await call(anyHostFor(snapshot(), domain.dataCenterId, domain.id).id, "storage.stat", storageRef(domain));
    return "WHOLE";
  } catch (error) {
    if (error instanceof HostCallError && (error.code === "NOT_FOUND" || error.code === "STORAGE")) return "BROKEN";
    throw error;
  }
}

/** `status`: what it goes back to when it could not be removed and is whole. */
export const removeStorageDomainJob: JobDefinition<{ status: StorageDomainStatus }, "WHOLE" | "BROKEN"> = {
  name: "removeStorageDomain",
  steps: [
    {
      name: "remove",
      description: "Deleting the domain's folder",
      run: async (context) => {
        const { job, snapshot, call, callContext } = context;
        const domain = snapshot().need("StorageDomain", job.subjectId);
        // A verb that did not yet see the lock may have been faster.
        refuseWhileHolding(snapshot(), domain.id);
        const host = await hostForStep(context, domain.dataCenterId, domain.id);
        await call(host.id, "storage.remove", { ...storageRef(domain), call: callContext() });
        return (tx) => {
          tx.remove("StorageDomain", tx.need("StorageDomain", domain.id));
          settleDataCenter(tx, domain.dataCenterId);
          const links = { dataCenterId: domain.dataCenterId };
          tx.event(auditEvent("USER_REMOVE_STORAGE_DOMAIN", `Storage domain ${domain.name} was removed.`, links));
        };
      },
    },
  ],
  look: lookForDomain,
  ended: (tx, job, outcome, seen) => {
    const domain = tx.get("StorageDomain", job.subjectId);
    if (!domain || outcome === "FINISHED") return;
    // What was deleted in part serves no more; it can be removed again.
    const broken = seen === "BROKEN" && job.input.status === "ACTIVE";
    tx.update("StorageDomain", domain, { status: broken ? "INACTIVE" : job.input.status });
    settleDataCenter(tx, domain.dataCenterId);
    const links = { storageDomainId: domain.id, dataCenterId: domain.dataCenterId };
    tx.event(auditEvent("USER_REMOVE_STORAGE_DOMAIN_FAILED", `Storage domain ${domain.name} could not be removed.`, links));
  },
};
