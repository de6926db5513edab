import { randomUUID } from "node:crypto";
import type { Engine } from "./engine.ts";
import { auditEvent } from "./event/codes.ts";
import { observeConnecting, observeNonResponsive } from "./host/observe.ts";
import { setHostStatus } from "./host/status.ts";
import { refreshStorage } from "./storage/refresh.ts";
import { BOOT_PATIENCE_MS } from "./vm/observe.ts";
import { setVmStatus } from "./vm/status.ts";

const LOOK_MS = 2_000;
const STORAGE_MS = 60_000;
const PRUNE_MS = 3_600_000;
const JOURNAL_DAYS = 30;
/** An agent that has not enrolled and connected by then is not coming. */
const INSTALL_PATIENCE_MS = 10 * 60_000;

export interface Monitor {
  /** A host's link broke. */
  lost(hostId: string): void;
  stop(): Promise<void>;
}

/** What only time brings about: links that stay away, guests that never report, space that runs out, old history. */
export function startMonitor(engine: Engine): Monitor {
  const startedAt = Date.now();
  const lastLink = new Map<string, number>();
  const origin = () => ({ userId: null, correlationId: randomUUID(), jobId: null });
  const running = new Set<Promise<unknown>>();
  const background = (work: () => Promise<unknown>) => {
    const task = work().catch((error: unknown) => engine.log.error({ error }, "background work failed"));
    running.add(task);
    void task.finally(() => running.delete(task));
  };

  const lookAtHosts = async () => {
    const now = Date.now();
    for (const host of engine.journal.snapshot().all("Host")) {
      if (engine.hosts.connected(host.id)) {
        lastLink.set(host.id, now);
        continue;
      }
      const silent = now - (lastLink.get(host.id) ?? startedAt);
      const neverCame = host.status === "INSTALLING" || (host.status === "INITIALIZING" && host.agentVersion === null);
      if (neverCame && now - host.statusSince.getTime() > INSTALL_PATIENCE_MS)
        await engine.unitOfWork.run(origin(), (tx) => {
          const failed = tx.need("Host", host.id);
          tx.event(auditEvent("VDS_INSTALL_FAILED", `Host ${failed.name} did not enrol in time.`, { hostId: failed.id }));
          setHostStatus(tx, failed, "INSTALL_FAILED", "ENROLLMENT_TIMEOUT");
        });
      if (neverCame || host.status === "INSTALL_FAILED" || host.status === "NON_RESPONSIVE" || host.status === "MAINTENANCE") continue;
      if (silent > engine.settings.hostGraceMs) await engine.unitOfWork.run(origin(), (tx) => observeNonResponsive(tx, host.id));
    }
  };
  const lookAtVms = async () => {
    const latest = Date.now() - BOOT_PATIENCE_MS;
    for (const vm of engine.journal.snapshot().all("Vm")) {
      const booting = vm.status === "POWERING_UP" || vm.status === "REBOOT_IN_PROGRESS";
      if (!booting || vm.statusSince.getTime() > latest) continue;
      await engine.unitOfWork.run(origin(), (tx) => {
        const now = tx.get("Vm", vm.id);
        if (now?.status === vm.status && engine.hosts.connected(vm.hostId ?? "")) setVmStatus(tx, now, "UP");
      });
    }
  };
  const look = async () => {
    await lookAtHosts();
    await lookAtVms();
  };
  const prune = () => engine.journal.prune(new Date(Date.now() - JOURNAL_DAYS * 86_400_000));

  const every = (ms: number, work: () => Promise<unknown>) => {
    let busy = false;
    return setInterval(() => {
      if (busy) return;
      busy = true;
      background(() => work().finally(() => (busy = false)));
    }, ms);
  };
  const timers = [every(LOOK_MS, look), every(STORAGE_MS, () => refreshStorage(engine)), every(PRUNE_MS, prune)];
  return {
    lost: (hostId) => {
      lastLink.set(hostId, Date.now());
      background(() => engine.unitOfWork.run(origin(), (tx) => observeConnecting(tx, hostId)));
    },
    stop: async () => {
      timers.forEach(clearInterval);
      await Promise.all(running);
    },
  };
}
