import type { GuestReport, Hello, HostCapabilities, HostEvent, NumberedEvent, VmReport } from "../../../schema/hostlink.ts";
import {
  MOST_CAPABILITIES_BYTES,
  MOST_GUEST_ENTRIES,
  MOST_HOST_ENTRIES,
  MOST_TEXT,
  MOST_VMS,
  MOST_WORD,
} from "../../../schema/hostlinkLimits.ts";
import type { StatisticsSample } from "../../../schema/hostlinkStatistics.ts";
import { soundText } from "../../../schema/hostlinkText.ts";

/**
 * Everything that hosts tell passes here before anything is concluded from it: whatever comes out can be stored and shown.
 * Pure. `cuts` collects the names of the lists whose surplus was left out.
 */
export type Cuts = Set<string>;

const EARLIEST = Date.UTC(2000, 0, 1);
/** A host's clock may be so much ahead, in ms. */
const AHEAD_MS = 60_000;
const MOST_BYTES = 2 ** 50;
const MOST_WHOLE = 2 ** 31 - 1;
const MOST_CPUS = 65_536;
const MOST_MHZ = 1_000_000;
const MOST_MBITS = 10_000_000;
const MOST_PORT = 65_535;
/** What libvirt calls machine types, processors and their features, and the kernel its bridges. */
const TOKEN = /^[\w.+:@-]+$/;
/** A name or address that somebody may be sent to. */
const ADDRESS = /^[A-Za-z0-9.:_%-]*$/;

const fitText = (text: string): string => soundText(text, MOST_TEXT);
const fitWord = (text: string): string => soundText(text, MOST_WORD);
const fitNumber = (value: number, most: number, least = 0): number =>
  Number.isFinite(value) ? Math.min(Math.max(value, least), most) : least;
/** Unix ms; `now` for what no clock can have said. */
const fitTime = (at: number, now: number): number => (at >= EARLIEST && at <= now + AHEAD_MS ? at : now);

function fitList<T>(name: string, list: readonly T[], most: number, cuts: Cuts): readonly T[] {
  if (list.length <= most) return list;
  cuts.add(name);
  return list.slice(0, most);
}

export function fitVm(report: VmReport, now: number): VmReport {
  const { display } = report;
  const shown = display !== null && display.port > 0 && display.port <= MOST_PORT && ADDRESS.test(display.address);
  return {
    ...report,
    vmId: report.vmId.toLowerCase(),
    name: fitText(report.name),
    startedAt: report.startedAt === null ? null : fitTime(report.startedAt, now),
    display: shown ? { ...display, address: fitText(display.address) } : null,
  };
}

/** Those that the record has on the host come first, and all of them: of others so many as a host may have. */
export function fitVms(reports: readonly VmReport[], isHere: (vmId: string) => boolean, { now, cuts }: { now: number; cuts: Cuts }) {
  const others = reports.filter(({ vmId }) => !isHere(vmId.toLowerCase()));
  const kept = fitList("vms", others, MOST_VMS, cuts);
  const all = kept.length === others.length ? reports : [...reports.filter(({ vmId }) => isHere(vmId.toLowerCase())), ...kept];
  return all.map((report) => fitVm(report, now));
}

function fitGuest(guest: GuestReport, cuts: Cuts): GuestReport {
  const { nics, addresses, applications } = MOST_GUEST_ENTRIES;
  return {
    hostname: guest.hostname === null ? null : fitText(guest.hostname),
    os: guest.os && {
      family: fitText(guest.os.family),
      distribution: fitText(guest.os.distribution),
      version: fitText(guest.os.version),
      codename: fitText(guest.os.codename),
      kernel: fitText(guest.os.kernel),
      architecture: fitText(guest.os.architecture),
    },
    timeZone: guest.timeZone && { name: fitText(guest.timeZone.name), utcOffset: fitWord(guest.timeZone.utcOffset) },
    nics: fitList("NICs of a guest", guest.nics, nics, cuts).map((nic) => ({
      name: fitText(nic.name),
      mac: fitWord(nic.mac),
      addresses: fitList("addresses of a guest", nic.addresses, addresses, cuts).map((ip) => ({
        address: fitWord(ip.address),
        version: ip.version,
        prefix: fitNumber(ip.prefix, 128),
      })),
    })),
    applications: fitList("applications of a guest", guest.applications, applications, cuts).map(fitText),
  };
}

/** Where the whole is still too large, every list is halved until it is not. */
export function fitCapabilities(reported: HostCapabilities, cuts: Cuts): HostCapabilities {
  for (let share = 1; ; share /= 2) {
    const fitting = cutCapabilities(reported, share, cuts);
    if (Buffer.byteLength(JSON.stringify(fitting)) <= MOST_CAPABILITIES_BYTES) return fitting;
  }
}

function cutCapabilities(reported: HostCapabilities, share: number, cuts: Cuts): HostCapabilities {
  const list = <T>(name: keyof typeof MOST_HOST_ENTRIES, entries: readonly T[]) =>
    fitList(name, entries, Math.floor(share * MOST_HOST_ENTRIES[name]), cuts);
  const tokens = (name: keyof typeof MOST_HOST_ENTRIES, entries: readonly string[]) =>
    list(name, entries)
      .map(fitWord)
      .filter((token) => TOKEN.test(token));
  const { cpu, versions } = reported;
  return {
    hostname: fitText(reported.hostname),
    hardwareUuid: fitWord(reported.hardwareUuid),
    cpu: {
      model: fitText(cpu.model),
      vendor: fitText(cpu.vendor),
      features: tokens("features", cpu.features),
      sockets: fitNumber(cpu.sockets, MOST_CPUS, 1),
      cores: fitNumber(cpu.cores, MOST_CPUS, 1),
      threads: fitNumber(cpu.threads, MOST_CPUS, 1),
      speed: fitNumber(cpu.speed, MOST_MHZ),
      architecture: fitWord(cpu.architecture),
    },
    memory: fitNumber(reported.memory, MOST_BYTES),
    numaNodes: list("numaNodes", reported.numaNodes).map((node) => ({
      index: fitNumber(node.index, MOST_WHOLE),
      memory: fitNumber(node.memory, MOST_BYTES),
      cpus: list("numaCpus", node.cpus).map((index) => fitNumber(index, MOST_WHOLE)),
    })),
    virtualization: reported.virtualization,
    machineTypes: tokens("machineTypes", reported.machineTypes),
    cpuModels: tokens("cpuModels", reported.cpuModels),
    uefi: reported.uefi,
    nics: list("nics", reported.nics).map((nic) => ({
      name: fitWord(nic.name),
      mac: fitWord(nic.mac),
      up: nic.up,
      mtu: fitNumber(nic.mtu, MOST_WHOLE),
      speed: nic.speed === null ? null : fitNumber(nic.speed, MOST_MBITS),
      addresses: list("addresses", nic.addresses).map(fitWord),
      bridge: nic.bridge === null ? null : fitWord(nic.bridge),
    })),
    bridges: tokens("bridges", reported.bridges),
    versions: {
      agent: fitText(versions.agent),
      libvirt: fitText(versions.libvirt),
      qemu: fitText(versions.qemu),
      kernel: fitText(versions.kernel),
      os: fitText(versions.os),
    },
    migrationUri: fitText(reported.migrationUri),
  };
}

/** What fitting must know of the moment and of the record. */
export interface Measure {
  /** Unix ms. */
  now: number;
  /** Whether the record has the VM on the host that speaks. */
  isHere: (vmId: string) => boolean;
  cuts: Cuts;
}

function fitEvent(event: HostEvent, { now, isHere, cuts }: Measure): HostEvent {
  switch (event.type) {
    case "vm.state":
      return { ...event, vm: fitVm(event.vm, now) };
    case "vm.gone":
    case "vm.reboot":
      return { ...event, vmId: event.vmId.toLowerCase() };
    case "vm.guest":
      return { ...event, vmId: event.vmId.toLowerCase(), guest: fitGuest(event.guest, cuts) };
    case "host.capabilities":
      return { ...event, capabilities: fitCapabilities(event.capabilities, cuts) };
    case "host.truth":
      return { ...event, vms: fitVms(event.vms, isHere, { now, cuts }) };
    default:
      return event;
  }
}

export const fitEvents = (events: readonly NumberedEvent[], measure: Measure): NumberedEvent[] =>
  events.map(({ seq, at, event }) => ({ seq, at: fitTime(at, measure.now), event: fitEvent(event, measure) }));

export const fitHello = (hello: Hello, measure: Measure): Hello => ({
  ...hello,
  host: fitCapabilities(hello.host, measure.cuts),
  unacknowledged: fitEvents(hello.unacknowledged, measure),
  vms: hello.vms && fitVms(hello.vms, measure.isHere, measure),
});

export const fitSample = (sample: StatisticsSample, now: number): StatisticsSample => {
  const at = fitTime(sample.at, now);
  return at === sample.at ? sample : { ...sample, at };
};
