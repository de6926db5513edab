import { Field, ID, InputType } from "type-graphql";
import type { Transaction } from "../../db/unitOfWork.ts";
import { OvertError } from "../../errors.ts";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { checkName, refuseTaken } from "../input.ts";
import { addJob, type JobDefinition } from "../job/definition.ts";
import { HostStorage } from "../values.ts";
import { hostForStep, requireHostFor } from "./anyHost.ts";
import { checkStoragePath, storageRef } from "./check.ts";
import { settleDataCenter } from "./dataCenterStatus.ts";
import { StorageDomainType } from "./storageDomain.ts";

@InputType()
export class AddStorageDomainInput {
  @Field() name: string;
  @Field(() => ID) dataCenterId: string;
  @Field(() => StorageDomainType, { nullable: true, description: "DATA when absent." }) type?: StorageDomainType;
  @Field(() => HostStorage) storage: HostStorage;
  @Field({ nullable: true }) description?: string;
  @Field({ nullable: true }) comment?: string;
}

/** A new, empty domain in a directory that is there. Throws NOT_FOUND (data center), INVALID, CONFLICT (name or path taken), NO_HOST. */
export const addStorageDomain = (
  engine: Engine,
  caller: Caller,
  { input, ...request }: Request & { input: AddStorageDomainInput },
): Promise<Outcome<"StorageDomain">> =>
  command(engine, caller, request, {
    verb: "addStorageDomain",
    kind: "StorageDomain",
    input,
    decide: (tx) => {
      permit(caller, "CREATE_STORAGE_DOMAIN");
      const { dataCenterId, storage } = input;
      tx.need("DataCenter", dataCenterId);
      const name = checkName(input.name);
      refuseTaken(tx.snapshot.by("StorageDomain", "name", name), "input.name");
      refuseSharedPath(tx, dataCenterId, checkStoragePath(storage.path));
      requireHostFor(tx.snapshot, dataCenterId);
      const entity = tx.insert("StorageDomain", {
        name,
        dataCenterId,
        description: input.description ?? "",
        comment: input.comment ?? "",
        type: input.type ?? "DATA",
        status: "LOCKED",
        storage: { type: storage.type, path: storage.path },
        available: null,
        used: null,
      });
      const subject = { kind: "StorageDomain", id: entity.id };
      const job = addJob(tx, { definition: addStorageDomainJob, description: `Adding storage domain ${name}`, subject, input: {} });
      return { entity, job };
    },
  });

/** The space of a directory would be counted twice. */
function refuseSharedPath({ snapshot }: Transaction, dataCenterId: string, path: string): void {
  const other = snapshot.by("StorageDomain", "dataCenterId", dataCenterId).find(({ storage }) => storage.path === path);
  if (!other) return;
  const message = `Storage domain ${other.name} is in this directory.`;
  throw new OvertError("CONFLICT", message, [{ code: "PATH_IN_USE", message, path: "input.storage.path" }]);
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
