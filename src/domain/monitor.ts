import { randomUUID } from "node:crypto";
import { pruneSessions } from "./access/sessions.ts";
import type { Engine } from "./engine.ts";
import { auditEvent } from "./event/codes.ts";
import { noticesOfCertificates } from "./host/certificateNotices.ts";
import type { Claims } from "./host/claims.ts";
import type { Host } from "./host/host.ts";
import { observeConnecting, observeNonResponsive } from "./host/observe.ts";
import { setHostStatus, settle } from "./host/status.ts";
import type { Snapshot } from "./inventory/snapshot.ts";
import { refreshStorage } from "./storage/refresh.ts";
import { BOOT_PATIENCE_MS, observeTruth } from "./vm/observe.ts";
import { setVmStatus } from "./vm/status.ts";

const LOOK_MS = 2_000;
const STORAGE_MS = 60_000;
const PRUNE_MS = 3_600_000;
const JOURNAL_DAYS = 30;
/** An agent that has not enrolled and connected by then is not coming. */
const INSTALL_PATIENCE_MS = 10 * 60_000;
/** After a start of the engine every agent has to find it again, some after a pause of 15 s. */
const START_PATIENCE_MS = 30_000;

export interface Monitor {
  /** A host's link broke. */
  lost(hostId: string): void;
  stop(): Promise<void>;
}

/** What only time brings about: links that stay away, guests that never report, space that runs out, old history. */
export function startMonitor(engine: Engine, claims: Claims): Monitor {
  const links = watchLinks();
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
    await lookAtHosts(engine, links, heal);
    await lookAtVms(engine);
    await noticesOfCertificates(engine);
  };
  const prune = async () => {
    await pruneSessions(engine);
    await engine.journal.prune(new Date(Date.now() - JOURNAL_DAYS * 86_400_000));
  };
  const timers = [every(LOOK_MS, look), every(STORAGE_MS, () => refreshStorage(engine)), every(PRUNE_MS, prune)];
  return {
    lost: (hostId) => {
      links.seen(hostId);
      background(() =>
        engine.unitOfWork.run(origin(), (tx) => (engine.hosts.connected(hostId) ? undefined : observeConnecting(tx, hostId))),
      );
    },
    stop: async () => {
      timers.forEach(clearInterval);
      await Promise.all(running);
    },
  };
}

const origin = () => ({ userId: null, correlationId: randomUUID(), jobId: null });

interface Links {
  seen(hostId: string): void;
  /** Whether a host has had no link for longer than it may. */
  silent(hostId: string, graceMs: number): boolean;
}

function watchLinks(): Links {
  const startedAt = Date.now();
  const lastLink = new Map<string, number>();
  return {
    seen: (hostId) => void lastLink.set(hostId, Date.now()),
    silent: (hostId, graceMs) => {
      const last = lastLink.get(hostId);
      return last === undefined ? Date.now() - startedAt > Math.max(graceMs, START_PATIENCE_MS) : Date.now() - last > graceMs;
    },
  };
}

const neverCame = (host: Readonly<Host>) => host.status === "INSTALLING" || (host.status === "INITIALIZING" && host.agentVersion === null);
const SILENT_ANYWAY: readonly Host["status"][] = ["INSTALL_FAILED", "NON_RESPONSIVE", "MAINTENANCE"];

async function lookAtHosts({ journal, unitOfWork, hosts, settings }: Engine, links: Links, heal: (hostId: string) => void): Promise<void> {
  for (const host of journal.snapshot().all("Host")) {
    if (hosts.connected(host.id)) {
      links.seen(host.id);
      if (isAway(host) || hasUnknown(journal.snapshot(), host)) heal(host.id);
    } else if (neverCame(host)) {
      if (Date.now() - host.statusSince.getTime() > INSTALL_PATIENCE_MS)
        await unitOfWork.run(origin(), (tx) => {
          const failed = tx.need("Host", host.id);
          tx.event(auditEvent("VDS_INSTALL_FAILED", `Host ${failed.name} did not enrol in time.`, { hostId: failed.id }));
          setHostStatus(tx, failed, "INSTALL_FAILED", "ENROLLMENT_TIMEOUT");
        });
    } else if (!SILENT_ANYWAY.includes(host.status) && links.silent(host.id, settings.hostGraceMs))
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
