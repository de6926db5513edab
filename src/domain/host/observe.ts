import { randomUUID } from "node:crypto";
import type { Hello, HostEvent, NumberedEvent } from "../../../schema/hostlink.ts";
import { HostSession } from "../../db/tables.ts";
import type { Transaction } from "../../db/unitOfWork.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { observeGone, observeGuest, observeReboot, observeTruth, observeVm } from "../vm/observe.ts";
import { isRunningOrPaused } from "../vm/states.ts";
import { setVmStatus, vmEvent } from "../vm/status.ts";
import type { HostStatus } from "./host.ts";
import type { HostObserver } from "./ports.ts";
import { describedBy, setHostStatus, settle } from "./status.ts";

const origin = () => ({ userId: null, correlationId: randomUUID(), jobId: null });
/** An administrator took the host out: a link does not bring it back. */
const OUT_OF_SERVICE: readonly HostStatus[] = ["MAINTENANCE", "PREPARING_FOR_MAINTENANCE"];

function take(tx: Transaction, hostId: string, event: HostEvent): void {
  switch (event.type) {
    case "vm.state":
      return observeVm(tx, hostId, event.vm);
    case "vm.gone":
      return observeGone(tx, hostId, event.vmId, event.reason);
    case "vm.reboot":
      return observeReboot(tx, hostId, event.vmId);
    case "vm.guest":
      return observeGuest(tx, hostId, event.vmId, event.guest);
    case "host.capabilities": {
      const host = tx.update("Host", tx.need("Host", hostId), describedBy(event.capabilities));
      if (!OUT_OF_SERVICE.includes(host.status)) settle(tx, host);
      return;
    }
    case "host.libvirt":
      return observeLibvirt(tx, hostId, event.available);
    case "host.truth":
      return observeTruth(tx, hostId, event.vms);
  }
}

/** VMs run on without libvirtd, but nothing can be done to them. */
function observeLibvirt(tx: Transaction, hostId: string, available: boolean): void {
  const host = tx.need("Host", hostId);
  if (OUT_OF_SERVICE.includes(host.status)) return;
  if (available) return void settle(tx, host);
  tx.event(auditEvent("VDS_SET_NONOPERATIONAL", `Host ${host.name}: libvirtd does not answer.`, { hostId, clusterId: host.clusterId }));
  setHostStatus(tx, host, "NON_OPERATIONAL", "LIBVIRT_UNAVAILABLE");
}

function rememberEvents(tx: Transaction, hostId: string, incarnation: string, acknowledged: number): void {
  tx.also(async (manager) => {
    const { affected } = await manager.update(HostSession, { hostId }, { incarnation, acknowledged });
    if (!affected) await manager.insert(HostSession, { hostId, incarnation, acknowledged });
  });
}

function greet(tx: Transaction, hostId: string, hello: Hello): void {
  const host = tx.update("Host", tx.need("Host", hostId), describedBy(hello.host));
  if (hello.vms) observeTruth(tx, hostId, hello.vms);
  if (OUT_OF_SERVICE.includes(host.status)) return;
  if (hello.libvirtAvailable) settle(tx, host);
  else setHostStatus(tx, host, "NON_OPERATIONAL", "LIBVIRT_UNAVAILABLE");
}

/** Takes what the hosts tell into the record. */
export function createHostObserver(
  engine: Pick<Engine, "database" | "unitOfWork" | "statistics" | "log" | "settings">,
  lost: (hostId: string) => void,
): HostObserver {
  const acknowledgedOf = async (hostId: string, incarnation: string) => {
    const session = await engine.database.reader.findOneBy(HostSession, { hostId });
    return session?.incarnation === incarnation ? session.acknowledged : 0;
  };
  const takeNew = async (hostId: string, incarnation: string, events: readonly NumberedEvent[], hello: Hello | null): Promise<number> =>
    engine.unitOfWork.run(origin(), async (tx) => {
      const known = await acknowledgedOf(hostId, incarnation);
      const fresh = events.filter(({ seq }) => seq > known);
      for (const { event } of fresh) take(tx, hostId, event);
      if (hello) greet(tx, hostId, hello);
      const acknowledged = fresh.at(-1)?.seq ?? known;
      if (hello || fresh.length > 0) rememberEvents(tx, hostId, incarnation, acknowledged);
      return acknowledged;
    });
  return {
    hello: async (hostId, hello) => ({
      acknowledged: await takeNew(hostId, hello.incarnation, hello.unacknowledged, hello),
      statisticsIntervalMs: engine.settings.statisticsIntervalMs,
    }),
    events: (hostId, incarnation, events) => takeNew(hostId, incarnation, events, null),
    statistics: (hostId, sample, vmIds) => engine.statistics.record(hostId, sample, vmIds),
    lost: (hostId, reason) => {
      engine.log.warn({ hostId, reason }, "host link lost");
      lost(hostId);
    },
  };
}

/** The link broke; it may be back in a moment. */
export function observeConnecting(tx: Transaction, hostId: string): void {
  const host = tx.get("Host", hostId);
  if (!host || OUT_OF_SERVICE.includes(host.status) || host.status === "CONNECTING" || host.status === "NON_RESPONSIVE") return;
  tx.event(
    auditEvent("VDS_HOST_NOT_RESPONDING_CONNECTING", `Host ${host.name} does not answer; connecting again.`, {
      hostId,
      clusterId: host.clusterId,
    }),
  );
  setHostStatus(tx, host, "CONNECTING", "NO_LINK");
}

/** The link did not come back in time: nothing is known of the host's VMs any more. */
export function observeNonResponsive(tx: Transaction, hostId: string): void {
  const host = tx.get("Host", hostId);
  if (!host || host.status === "MAINTENANCE" || host.status === "NON_RESPONSIVE") return;
  tx.event(auditEvent("VDS_HOST_NOT_RESPONDING", `Host ${host.name} is non-responsive.`, { hostId, clusterId: host.clusterId }));
  setHostStatus(tx, host, "NON_RESPONSIVE", "NO_LINK");
  for (const { id } of tx.snapshot.by("Vm", "hostId", hostId)) {
    const vm = tx.need("Vm", id);
    if (!isRunningOrPaused(vm.status) || vm.status === "MIGRATING" || vm.status === "WAIT_FOR_LAUNCH") continue;
    setVmStatus(tx, vm, "UNKNOWN");
    vmEvent(tx, "VM_SET_TO_UNKNOWN_STATUS", vm, `VM ${vm.name} was set to unknown: its host ${host.name} does not answer.`);
  }
}
