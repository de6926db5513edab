import type { CpuMode, VideoType, WatchdogAction, WatchdogModel } from "../devices.ts";
import type { DomainXmlInput, Element } from "./input.ts";
import { chipsetOf } from "./platform.ts";

/** Small devices that a VM has or has not, and what its processors and memory are given on the host. */

const WATCHDOG: Record<WatchdogModel, string> = { I6300ESB: "i6300esb" };
const ACTION: Record<WatchdogAction, string> = { NONE: "none", RESET: "reset", POWEROFF: "poweroff", PAUSE: "pause", DUMP: "dump" };
const VIDEO: Record<VideoType, string> = { VGA: "vga", BOCHS: "bochs", CIRRUS: "cirrus", VIRTIO: "virtio" };
const VIDEO_KIB = 16_384;
const MOST_NIC_QUEUES = 4;
const KIB = 1024;

export const vcpusOf = ({ vm }: Pick<DomainXmlInput, "vm">): number =>
  vm.cpu.topology.sockets * vm.cpu.topology.cores * vm.cpu.topology.threads;
export const propertyOf = ({ vm }: Pick<DomainXmlInput, "vm">, wanted: string): string | undefined =>
  vm.customProperties.find(({ name }) => name === wanted)?.value;

export const soundElement = ({ vm, cluster }: DomainXmlInput): Element | undefined =>
  vm.soundcardEnabled ? { "@model": chipsetOf(vm, cluster) === "q35" ? "ich9" : "ich6" } : undefined;

export const watchdogElement = ({ vm: { watchdog } }: DomainXmlInput): Element | undefined =>
  watchdog ? { "@model": WATCHDOG[watchdog.model], "@action": ACTION[watchdog.action] } : undefined;

export function videoElement({ vm }: DomainXmlInput): Element {
  const type = vm.display.videoType ?? (vm.type === "DESKTOP" ? "VIRTIO" : "VGA");
  const memory = type === "VIRTIO" ? undefined : VIDEO_KIB;
  return { model: { "@type": VIDEO[type], "@vram": memory, "@heads": vm.display.monitors ?? 1 } };
}

/** Null while the guest is to see no serial number. */
export function serialNumberOf({ vm, cluster, host }: DomainXmlInput): string | null {
  const { policy, value } = vm.serialNumber ?? cluster.serialNumber ?? { policy: "NONE", value: null };
  if (policy === "VM") return vm.id;
  return policy === "HOST" ? host.hardwareUuid : value;
}

export const sysinfoElement = (serial: string | null): Element | undefined =>
  serial === null ? undefined : { "@type": "smbios", system: { entry: { "@name": "serial", "#": serial } } };

export function vcpuPins({ vm }: DomainXmlInput): Element[] {
  const pins = vm.cpuPinningPolicy === "MANUAL" ? (vm.cpu.cpuTune?.vcpuPins ?? []) : [];
  return pins.map(({ vcpu, cpuSet }) => ({ "@vcpu": vcpu, "@cpuset": cpuSet }));
}

export function memoryBacking(input: DomainXmlInput): Element | undefined {
  const size = propertyOf(input, "hugepages");
  return size === undefined ? undefined : { hugepages: { page: { "@size": Number(size), "@unit": "KiB" } } };
}

/** Queues of a virtio NIC; undefined = one. */
export const nicQueues = (input: DomainXmlInput): number | undefined => {
  const queues = Math.min(vcpusOf(input), MOST_NIC_QUEUES);
  return input.vm.multiQueuesEnabled && queues > 1 ? queues : undefined;
};
const scsiQueues = (input: DomainXmlInput): number | undefined =>
  input.vm.virtioScsiMultiQueues ?? (input.vm.virtioScsiMultiQueuesEnabled ? vcpusOf(input) : undefined);

export function scsiController(input: DomainXmlInput): Element[] {
  const { virtioScsi, io } = input.vm;
  const queues = scsiQueues(input);
  const iothread = io.threads > 0 ? 1 : undefined;
  const driver = queues === undefined && iothread === undefined ? undefined : { "@queues": queues, "@iothread": iothread };
  return virtioScsi.enabled ? [{ "@type": "scsi", "@index": 0, "@model": "virtio-scsi", driver }] : [];
}

/** Of the modes that follow the host; the emulator has no host's processor to show, and shows all that it can. */
export const hostCpuMode = (mode: Exclude<CpuMode, "CUSTOM">, kvm: boolean): string => {
  if (!kvm) return "maximum";
  return mode === "HOST_MODEL" ? "host-model" : "host-passthrough";
};

export const memoryKib = (bytes: number) => ({ "@unit": "KiB", "#": Math.floor(bytes / KIB) });
