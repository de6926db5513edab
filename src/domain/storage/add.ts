import type { Transaction } from "../../db/unitOfWork.ts";
import { refusedAt } from "../../errors.ts";
import { auditEvent } from "../event/codes.ts";
import { addJob, type JobDefinition } from "../job/definition.ts";
import type { RowOf } from "../kinds.ts";
import { declarationOf } from "../noun/declaration.ts";
import { newRow, placeIn } from "../noun/defaults.ts";
import { addInputOf } from "../noun/inputs.ts";
import { addition } from "../noun/verb.ts";
import { hostForStep, requireHostFor } from "./anyHost.ts";
import { storageRef } from "./check.ts";
import { settleDataCenter } from "./dataCenterStatus.ts";
import { StorageDomain } from "./storageDomain.ts";

/** A new, empty domain in a directory that is there. Throws NOT_FOUND (data center), INVALID, CONFLICT (name or path taken), NO_HOST. */
export const addStorageDomain = addition({
  name: "addStorageDomain",
  on: "StorageDomain",
  permit: "CREATE_STORAGE_DOMAIN",
  risk: "REVERSIBLE",
  description: "Makes a new, empty domain in a directory that is there.",
  input: addInputOf(declarationOf(StorageDomain.name)),
  within: placeIn("StorageDomain"),
  decide: (tx, given) => {
    const entity = tx.insert("StorageDomain", newRow(tx, "StorageDomain", { given, check: refuseSharedPath }));
    requireHostFor(tx.snapshot, entity.dataCenterId);
    const subject = { kind: "StorageDomain", id: entity.id };
    const job = addJob(tx, { definition: addStorageDomainJob, description: `Adding storage domain ${entity.name}`, subject, input: {} });
    return { entity, job };
  },
});

/** The space of a directory would be counted twice. */
function refuseSharedPath({ snapshot }: Transaction, { dataCenterId, storage: { path } }: RowOf<"StorageDomain">): void {
  const other = snapshot.by("StorageDomain", "dataCenterId", dataCenterId).find(({ storage }) => storage.path === path);
  if (!other) return;
  const message = `Storage domain ${other.name} is in this directory.`;
  const about = { kind: "StorageDomain", id: other.id };
  throw refusedAt("input.storage.path", "CONFLICT", { code: "PATH_IN_USE", message, about });
}

export const addStorageDomainJob: JobDefinition = {
  name: "addStorageDomain",
  steps: [
    {
      name: "connect",
      description: "Making the domain on a host",
      cancellable: true,
      run: async (context) => {
        const { job, snapshot, call, callContext } = context;
        const domain = snapshot().need("StorageDomain", job.subjectId);
        const host = await hostForStep(context, domain.dataCenterId, domain.id);
        const { available, used } = await call(host.id, "storage.connect", { ...storageRef(domain), format: true, call: callContext() });
        return (tx) => {
          const { id, dataCenterId } = tx.update("StorageDomain", tx.need("StorageDomain", domain.id), {
            status: "ACTIVE",
            available,
            used,
          });
          settleDataCenter(tx, dataCenterId);
          tx.event(
            auditEvent("USER_ADD_STORAGE_DOMAIN", `Storage domain ${domain.name} was added.`, { storageDomainId: id, dataCenterId }),
          );
        };
      },
      undo: async (context) => {
        const { job, snapshot, call, callContext } = context;
        const domain = snapshot().need("StorageDomain", job.subjectId);
        const host = await hostForStep(context, domain.dataCenterId, domain.id);
        await call(host.id, "storage.remove", { ...storageRef(domain), call: callContext("undo") });
      },
    },
  ],
  ended: (tx, job, outcome) => {
    const domain = tx.get("StorageDomain", job.subjectId);
    if (!domain || outcome === "FINISHED") return;
    // Its folder may be there: as long as the domain is known, it can be removed.
    if (job.undone) tx.remove("StorageDomain", domain);
    else tx.update("StorageDomain", domain, { status: "INACTIVE" });
    settleDataCenter(tx, domain.dataCenterId);
    const links = { dataCenterId: domain.dataCenterId };
    tx.event(auditEvent("USER_ADD_STORAGE_DOMAIN_FAILED", `Storage domain ${domain.name} could not be added.`, links));
  },
};
