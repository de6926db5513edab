import { randomUUID } from "node:crypto";
import { pruneSessions } from "./access/sessions.ts";
import type { Engine } from "./engine.ts";
import { auditEvent } from "./event/codes.ts";
import { noticesOfCertificates } from "./host/certificateNotices.ts";
import type { Claims } from "./host/claims.ts";
import type { Host } from "./host/host.ts";
import { pruneHistory } from "./history/prune.ts";
import { observeConnecting, observeNonResponsive } from "./host/observe.ts";
import { setHostStatus, settle } from "./host/status.ts";
import type { Snapshot } from "./inventory/snapshot.ts";
import type { HostSeen } from "./presence.ts";
import { refreshStorage } from "./storage/refresh.ts";
import { restartVms } from "./vm/highAvailability.ts";
import { BOOT_PATIENCE_MS, observeTruth } from "./vm/observe.ts";
import { setVmStatus } from "./vm/status.ts";

const LOOK_MS = 2_000;
const STORAGE_MS = 60_000;
/** An agent that has not enrolled and connected by then is not coming. */
const INSTALL_PATIENCE_MS = 10 * 60_000;
export const MONITOR_TIMES = {
  /** After a start of the engine every agent has to find it again, some after a pause of 15 s. */
  startPatienceMs: 30_000,
  /** Between two looks for history that is old enough to be forgotten. */
  pruneMs: 3_600_000,
};

export interface Monitor {
  /** A host's link broke. */
  lost(hostId: string): void;
  stop(): Promise<void>;
}

/** What only time brings about: links that stay away, guests that never report, space that runs out, old history. */
export function startMonitor(engine: Engine, claims: Claims): Monitor {
  const startedAt = performance.now();
  const running = new Set<Promise<unknown>>();
  const background = (work: () => Promise<unknown>) => {
    const task = work().catch((error: unknown) => engine.log.error({ err: error }, "background work failed"));
    running.add(task);
    void task.finally(() => running.delete(task));
  };
  const every = (ms: number, work: () => Promise<unknown>) => {
    let busy = false;
    return setInterval(() => {
      if (busy) return;
      busy = true;
      background(() => work().finally(() => (busy = false)));
    }, ms);
  };
  const healing = new Set<string>();
  // Not waited for: a host that does not answer must not keep the others from being looked at.
  const heal = (hostId: string) => {
    if (healing.has(hostId)) return;
    healing.add(hostId);
    background(() => healHost(engine, claims, hostId).finally(() => healing.delete(hostId)));
  };
  const look = async () => {
    await lookAtHosts(engine, startedAt, heal);
    await lookAtVms(engine);
    await restartVms(engine);
    await noticesOfCertificates(engine);
  };
  const prune = async () => {
    await pruneSessions(engine);
    await pruneHistory(engine, engine.settings.historyDays);
    await engine.presence.keep((hostId) => engine.journal.snapshot().get("Host", hostId) !== undefined);
  };
  const timers = [every(LOOK_MS, look), every(STORAGE_MS, () => refreshStorage(engine)), every(MONITOR_TIMES.pruneMs, prune)];
  return {
    lost: (hostId) => background(() => lostLink(engine, hostId)),
    stop: async () => {
      timers.forEach(clearInterval);
      await Promise.all(running);
    },
  };
}

/** Nothing is lost when the host has found another engine meanwhile. */
async function lostLink({ presence, hosts, unitOfWork }: Engine, hostId: string): Promise<void> {
  if (hosts.connected(hostId) || !(await presence.unlinked(hostId))) return;
  await unitOfWork.run(origin(), (tx) => (hosts.connected(hostId) ? undefined : observeConnecting(tx, hostId)));
}

const origin = () => ({ userId: null, correlationId: randomUUID(), jobId: null });

/**
 * Whether a host has had no link for longer than it may. Links that ended before this engine began, or with another engine, are
 * given the time that every agent needs to find an engine.
 */
function isSilent(seen: HostSeen | undefined, graceMs: number, startedAt: number): boolean {
  const upMs = performance.now() - startedAt;
  const patienceMs = Math.max(graceMs, MONITOR_TIMES.startPatienceMs);
  if (!seen) return upMs > patienceMs;
  if (seen.orphaned) return Math.min(upMs, seen.silentMs) > patienceMs;
  return seen.silentMs > graceMs && (seen.silentMs < upMs || upMs > patienceMs);
}

const neverCame = (host: Readonly<Host>) => host.status === "INSTALLING" || (host.status === "INITIALIZING" && host.agentVersion === null);
const SILENT_ANYWAY: readonly Host["status"][] = ["INSTALL_FAILED", "NON_RESPONSIVE", "MAINTENANCE"];

async function lookAtHosts(
  { journal, unitOfWork, hosts, presence, settings }: Engine,
  startedAt: number,
  heal: (hostId: string) => void,
): Promise<void> {
  const seen = await presence.hosts();
  for (const host of journal.snapshot().all("Host")) {
    const last = seen.get(host.id);
    if (hosts.connected(host.id)) {
      // The news of its link's end may have come after that of the next one.
      if (!last?.present) await presence.linked(host.id);
      if (isAway(host) || hasUnknown(journal.snapshot(), host)) heal(host.id);
    } else if (last?.present) continue;
    else if (neverCame(host)) {
      if (Date.now() - host.statusSince.getTime() > INSTALL_PATIENCE_MS)
        await unitOfWork.run(origin(), (tx) => {
          const failed = tx.need("Host", host.id);
          tx.event(auditEvent("VDS_INSTALL_FAILED", `Host ${failed.name} did not enrol in time.`, { hostId: failed.id }));
          setHostStatus(tx, failed, "INSTALL_FAILED", "ENROLLMENT_TIMEOUT");
        });
    } else if (!SILENT_ANYWAY.includes(host.status) && isSilent(last, settings.hostGraceMs, startedAt))
      await unitOfWork.run(origin(), (tx) => observeNonResponsive(tx, host.id));
  }
}

const isAway = ({ status }: Readonly<Host>) => status === "CONNECTING" || status === "NON_RESPONSIVE";
/** A job that ended badly could not ask for the VM; its host serves, so it will tell. */
const hasUnknown = (snapshot: Snapshot, host: Readonly<Host>) =>
  host.status === "UP" && snapshot.by("Vm", "hostId", host.id).some(({ status }) => status === "UNKNOWN");

/** The news that a link broke was overtaken by the link that followed it. */
async function healHost({ hosts, unitOfWork, log }: Engine, claims: Claims, hostId: string): Promise<void> {
  try {
    const { vms } = await hosts.call(hostId, "host.vms", {});
    const sightings = await unitOfWork.run(origin(), (tx) => {
      const claimed = observeTruth(tx, hostId, vms);
      const host = tx.need("Host", hostId);
      // It may have been sent into maintenance while it was asked.
      if (isAway(host)) settle(tx, host);
      return claimed;
    });
    claims.note(hostId, [{ type: "all", sightings }]);
  } catch (error) {
    log.warn({ hostId, err: error }, "host cannot be asked");
  }
}

/** A guest without an agent counts as up after a while. */
async function lookAtVms({ journal, unitOfWork, hosts }: Engine): Promise<void> {
  const latest = Date.now() - BOOT_PATIENCE_MS;
  for (const vm of journal.snapshot().all("Vm")) {
    const booting = vm.status === "POWERING_UP" || vm.status === "REBOOT_IN_PROGRESS";
    if (!booting || vm.statusSince.getTime() > latest) continue;
    await unitOfWork.run(origin(), (tx) => {
      const now = tx.get("Vm", vm.id);
      if (now?.status === vm.status && hosts.connected(vm.hostId ?? "")) setVmStatus(tx, now, "UP");
    });
  }
}
