import { randomUUID } from "node:crypto";
import type { AgentResult } from "../../../schema/hostlink.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { HostCallError, type HostCallErrorCode } from "../host/ports.ts";
import type { RowOf } from "../kinds.ts";
import { upHostsOf } from "./anyHost.ts";
import { storageRef } from "./check.ts";
import { settleDataCenter } from "./dataCenterStatus.ts";

const STAT_DEADLINE_MS = 25_000;
/** Bytes; smaller changes are not worth a journal entry. */
const NOTICEABLE = 1024 ** 2;
/** What a host answers when the storage, not the host, is at fault. */
const STORAGE_FAILURES: ReadonlySet<HostCallErrorCode> = new Set(["STORAGE", "NOT_FOUND", "TIMEOUT"]);
const PERCENT = 100;
/** A domain is given up only when this many hosts cannot reach it. */
const WITNESSES = 2;

type Space = AgentResult<"storage.stat">;
/** What the hosts say of a domain; null when none could be asked. */
type Finding = { space: Space } | { failure: HostCallErrorCode } | null;

/** Looks at every domain once, through a host that is up: its free space, and whether it can be reached at all. Never rejects. */
export async function refreshStorage(engine: Engine): Promise<void> {
  const domains = [...engine.journal.snapshot().all("StorageDomain")].filter(isWatched);
  await Promise.all(
    domains.map(async (domain) => {
      try {
        await note(engine, domain.id, await ask(engine, domain));
      } catch (error) {
        engine.log.warn({ error, storageDomainId: domain.id }, "the state of a storage domain could not be refreshed");
      }
    }),
  );
}

const isWatched = ({ status }: RowOf<"StorageDomain">) => status === "ACTIVE" || status === "INACTIVE";

async function ask(engine: Engine, domain: RowOf<"StorageDomain">): Promise<Finding> {
  let finding: Finding = null;
  // Those that are linked to another engine are its to ask.
  const hosts = upHostsOf(engine.journal.snapshot(), domain.dataCenterId, domain.id).filter(({ id }) => engine.hosts.connected(id));
  for (const host of hosts.slice(0, WITNESSES)) {
    try {
      return { space: await engine.hosts.call(host.id, "storage.stat", storageRef(domain), { deadlineMs: STAT_DEADLINE_MS }) };
    } catch (error) {
      if (!(error instanceof HostCallError)) throw error;
      if (STORAGE_FAILURES.has(error.code)) finding = { failure: error.code };
    }
  }
  return finding;
}

async function note(engine: Engine, id: string, finding: Finding): Promise<void> {
  if (!finding) return;
  const origin = { userId: null, correlationId: randomUUID(), jobId: null };
  await engine.unitOfWork.run(origin, (tx) => {
    const domain = tx.get("StorageDomain", id);
    if (!domain || !isWatched(domain)) return;
    const links = { storageDomainId: id, dataCenterId: domain.dataCenterId };
    if ("space" in finding) {
      if (domain.status === "INACTIVE")
        tx.event(auditEvent("USER_ACTIVATED_STORAGE_DOMAIN", `Storage domain ${domain.name} can be reached again.`, links));
      if (becomesLow(domain, finding.space)) {
        const percent = domain.warningLowSpaceIndicator;
        tx.event(auditEvent("IRS_DISK_SPACE_LOW", `Storage domain ${domain.name} has less than ${percent} % left.`, links));
      }
      tx.update("StorageDomain", domain, { status: "ACTIVE", ...(noticeable(domain, finding.space) && pick(finding.space)) });
    } else if (domain.status === "ACTIVE") {
      const description = `Storage domain ${domain.name} cannot be reached by its hosts (${finding.failure}).`;
      tx.event(auditEvent("SYSTEM_DEACTIVATED_STORAGE_DOMAIN", description, links));
      tx.update("StorageDomain", domain, { status: "INACTIVE" });
    }
    if (domain.status !== tx.need("StorageDomain", id).status) settleDataCenter(tx, domain.dataCenterId);
  });
}

const isLow = ({ warningLowSpaceIndicator }: RowOf<"StorageDomain">, available: number, used: number) =>
  available * PERCENT < (available + used) * warningLowSpaceIndicator;
/** Told once, not at every look. */
const becomesLow = (domain: RowOf<"StorageDomain">, { available, used }: Space) =>
  isLow(domain, available, used) && (domain.available === null || !isLow(domain, domain.available, domain.used ?? 0));

const pick = ({ available, used }: Space): Space => ({ available, used });
const differs = (before: number | null, after: number) => before === null || Math.abs(after - before) >= NOTICEABLE;
const noticeable = (domain: RowOf<"StorageDomain">, { available, used }: Space) =>
  differs(domain.available, available) || differs(domain.used, used);
