import type { HostEvent, VmReport } from "../schema/hostlink.ts";
import { Lifecycle } from "./libvirt/constants.ts";
import type { DomainEvent } from "./libvirt/events.ts";
import type { LibvirtSession } from "./libvirt/session.ts";
import { type Log, reasonOf } from "./log.ts";
import { goneReason, readReport, readReports } from "./report.ts";

export interface ObserverOptions {
  session(): LibvirtSession;
  emit(event: HostEvent): void;
  log: Log;
}
/** Turns what libvirt tells into the events of the host link, one after the other, so that their order is libvirt's. */
export interface Observer {
  onEvent(event: DomainEvent): void;
  onUp(): void;
  onDown(): void;
  /**
   * Takes the whole truth (null while libvirt is away) after all earlier events were emitted, and hands it to `use` before
   * any later one is.
   */
  truth<T>(use: (vms: VmReport[] | null) => T): Promise<T>;
  /** Emits the whole truth as an event, when libvirt can be reached. */
  emitTruth(): void;
}

/** ms; firmware may reset the machine more than once on its way through one reboot. */
const ONE_REBOOT_MS = 5_000;

export function createObserver({ session, emit, log }: ObserverOptions): Observer {
  const told = new Map<string, string>();
  const rebooted = new Map<string, number>();
  let queue: Promise<unknown> = Promise.resolve();
  let availableTold: boolean | null = null;

  const enqueue = <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.then(work);
    queue = result.catch((error: unknown) => log("warn", "an observation failed", { reason: reasonOf(error) }));
    return result;
  };
  const background = (work: () => Promise<void>) => void enqueue(work).catch(() => undefined);
  const takeTruth = async () => {
    const vms = await readReports(session());
    told.clear();
    for (const vm of vms) told.set(vm.vmId, JSON.stringify(vm));
    return vms;
  };
  const refresh = async (event: DomainEvent) => {
    const vm = await readReport(session(), event.domain);
    const text = JSON.stringify(vm);
    if (!vm || told.get(vm.vmId) === text) return;
    told.set(vm.vmId, text);
    emit({ type: "vm.state", vm });
  };
  const reboot = (vmId: string) => {
    const since = performance.now() - (rebooted.get(vmId) ?? -Infinity);
    rebooted.set(vmId, performance.now());
    if (since > ONE_REBOOT_MS) emit({ type: "vm.reboot", vmId });
  };
  const observe = async (event: DomainEvent) => {
    const vmId = event.domain.uuid;
    if (event.kind === "reboot") return reboot(vmId);
    if (event.kind !== "lifecycle") return refresh(event);
    if (event.event === Lifecycle.DEFINED || event.event === Lifecycle.UNDEFINED) return;
    if (event.event !== Lifecycle.STOPPED) return refresh(event);
    told.delete(vmId);
    rebooted.delete(vmId);
    emit({ type: "vm.gone", vmId, reason: goneReason(event.detail) });
  };
  const emitTruth = async () => {
    if (session().available) emit({ type: "host.truth", vms: await takeTruth() });
  };

  return {
    onEvent: (event) => background(() => observe(event)),
    onUp: () =>
      background(async () => {
        // Nothing was told yet: the hello will tell it.
        if (availableTold === null) return;
        availableTold = true;
        emit({ type: "host.libvirt", available: true });
        await emitTruth();
      }),
    onDown: () =>
      background(async () => {
        if (availableTold !== true) return;
        availableTold = false;
        emit({ type: "host.libvirt", available: false });
      }),
    truth: (use) =>
      enqueue(async () => {
        const vms = session().available ? await takeTruth().catch(() => null) : null;
        availableTold = vms !== null;
        return use(vms);
      }),
    emitTruth: () => background(emitTruth),
  };
}
