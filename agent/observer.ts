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
/** ms; a guest opens and closes the channel of its agent as it likes, and is looked at for it this often at most. */
const CHANNEL_REST_MS = 1_000;

export function createObserver({ session, emit, log }: ObserverOptions): Observer {
  const told = new Map<string, string>();
  const rebooted = new Map<string, number>();
  const looks = createLooks(CHANNEL_REST_MS);
  const enqueue = createQueue(log);
  let availableTold: boolean | null = null;

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
    looks.forget(vmId);
    emit({ type: "vm.gone", vmId, reason: goneReason(event.detail) });
  };
  const emitTruth = async () => {
    if (session().available) emit({ type: "host.truth", vms: await takeTruth() });
  };

  return {
    onEvent(event) {
      const look = () => background(() => observe(event));
      if (event.kind === "agent") looks.soon(event.domain.uuid, look);
      else look();
    },
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

/** One after the other; what fails is logged, and the next goes on. */
function createQueue(log: Log): <T>(work: () => Promise<T>) => Promise<T> {
  let queue: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = queue.then(work);
    queue = result.catch((error: unknown) => log("warn", "an observation failed", { reason: reasonOf(error) }));
    return result;
  };
}

/** Does something for a VM at once, or when it has rested since the last time; what is asked for in the meantime is done then, once. */
function createLooks(restMs: number) {
  const lookedAt = new Map<string, number>();
  const waiting = new Map<string, () => void>();
  const look = (vmId: string) => {
    const work = waiting.get(vmId);
    waiting.delete(vmId);
    if (!work) return;
    lookedAt.set(vmId, performance.now());
    work();
  };
  return {
    soon(vmId: string, work: () => void) {
      const isNew = !waiting.has(vmId);
      waiting.set(vmId, work);
      const rest = (lookedAt.get(vmId) ?? -Infinity) + restMs - performance.now();
      if (rest <= 0) look(vmId);
      else if (isNew) setTimeout(look, rest, vmId);
    },
    forget(vmId: string) {
      lookedAt.delete(vmId);
      waiting.delete(vmId);
    },
  };
}
