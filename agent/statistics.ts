import { within } from "./backoff.ts";
import { MOST_VMS } from "../schema/hostlinkLimits.ts";
import { encodeSample } from "../schema/hostlinkStatistics.ts";
import type { HostEvent, NotificationParams } from "../schema/hostlink.ts";
import { type HostCounters, hostValues, readHost } from "./hostSample.ts";
import { DomainStats, STATS_NOWAIT } from "./libvirt/constants.ts";
import type { DomainRecord } from "./libvirt/procedures.ts";
import type { LibvirtSession } from "./libvirt/session.ts";
import { type Log, reasonOf } from "./log.ts";
import { readVm, toColumns, type VmCounters, vmValues } from "./vmSample.ts";

/** Where samples go. */
interface SampleSink {
  notify(method: "slots", params: NotificationParams<"slots">): void;
  sendBinary(frame: Uint8Array): void;
  /** Bytes not yet given to the network. */
  readonly buffered: number;
}
export interface Statistics {
  /** Where to send from now on; null while there is no link. */
  attach(sink: SampleSink | null): void;
  /** ms between samples */
  setInterval(ms: number): void;
  /** Learns from the host's events since when a VM runs. */
  observe(event: HostEvent): void;
  close(): void;
}

/** A link that has so much to send yet gets no sample: the next one is fresher. */
const MOST_BUFFERED = 1024 * 1024;
const GROUPS =
  DomainStats.STATE | DomainStats.CPU_TOTAL | DomainStats.BALLOON | DomainStats.VCPU | DomainStats.INTERFACE | DomainStats.BLOCK;

/** Samples host and VMs, with one call to libvirt for all of them, and sends each sample as one frame. */
export function createStatistics(session: LibvirtSession, log: Log): Statistics {
  const startedAt = new Map<string, number>();
  let sink: SampleSink | null = null;
  let timer: NodeJS.Timeout | undefined;
  let sampling = false;
  let slots: string[] | null = null;
  let generation = 0;
  let hostBefore: HostCounters | null = null;
  let vmsBefore = new Map<string, VmCounters>();

  const readVms = createVmReader(session);
  const uptime = (vmId: string) => (Date.now() - (startedAt.get(vmId) ?? Number.NaN)) / 1000;
  const sample = async (to: SampleSink) => {
    const host = await readHost();
    const records = await readVms();
    const at = performance.now();
    const vms = new Map(records?.map((record) => [record.domain.uuid, readVm(record, at)]));
    const vmIds = records ? [...vms.keys()].slice(0, MOST_VMS) : (slots ?? []);
    if (to !== sink) return;
    if (!slots || slots.length !== vmIds.length || slots.some((vmId, index) => vmId !== vmIds[index])) {
      slots = vmIds;
      to.notify("slots", { generation: ++generation, vmIds });
    }
    const rows = vmIds.map((vmId) => vmValues(vms.get(vmId), vmsBefore.get(vmId), uptime(vmId)));
    to.sendBinary(
      encodeSample({ generation, at: Date.now(), host: hostValues(host, hostBefore), vms: toColumns(rows), vmCount: rows.length }),
    );
    hostBefore = host;
    if (records) vmsBefore = vms;
  };
  const tick = async () => {
    if (!sink || sampling || sink.buffered > MOST_BUFFERED) return;
    sampling = true;
    await sample(sink).catch((error: unknown) => log("warn", "no statistics sample", { reason: reasonOf(error) }));
    sampling = false;
  };

  return {
    attach(to) {
      sink = to;
      slots = null; // a new link knows no slots
    },
    setInterval(ms) {
      clearInterval(timer);
      timer = setInterval(() => void tick(), ms);
    },
    observe(event) {
      if (event.type === "vm.gone") startedAt.delete(event.vmId);
      if (event.type === "vm.state" && event.vm.startedAt !== null) startedAt.set(event.vm.vmId, event.vm.startedAt);
      if (event.type !== "host.truth") return;
      startedAt.clear();
      for (const vm of event.vms) if (vm.startedAt !== null) startedAt.set(vm.vmId, vm.startedAt);
    },
    close: () => clearInterval(timer),
  };
}

/** ms until the rest goes on without an answer. */
const PATIENCE_MS = 3_000;
/** Answers that may be outstanding at once. */
const MOST_OUTSTANDING = 5;

/**
 * Asks libvirt for all VMs at once; null when there is no answer, which is not to say that there are none. One hung qemu keeps the whole answer back, but only once: its
 * domain is busy from then on, and the next question, on a connection of its own, passes it over.
 */
function createVmReader(session: LibvirtSession): () => Promise<DomainRecord[] | null> {
  let outstanding = 0;
  return async () => {
    if (!session.available || outstanding >= MOST_OUTSTANDING) return null;
    outstanding++;
    const answer = session.dedicated((libvirt) => libvirt.allDomainStats(GROUPS, STATS_NOWAIT)).finally(() => outstanding--);
    return within(PATIENCE_MS, answer, null);
  };
}
