import { Field, Int } from "type-graphql";
import { invalid } from "../../errors.ts";
import { checkRange } from "../input.ts";
import { graphqlEnum, ValueType } from "../noun/columns.ts";

/** Value objects of the machine that a VM or template is. Names and values are oVirt's. */

export const CpuMode = graphqlEnum("CpuMode", "Which processor a VM is shown.", {
  CUSTOM: "The cluster's, or the VM's own `customCpuModel`: it can move.",
  HOST_MODEL: "One like that of the host where it starts.",
  HOST_PASSTHROUGH: "That of the host itself.",
});
export type CpuMode = keyof typeof CpuMode;
export const CpuPinningPolicy = graphqlEnum("CpuPinningPolicy", "Whether virtual processors stay on processors of the host.", {
  NONE: "They run where the host puts them.",
  MANUAL: "As `cpu.cpuTune` says.",
});
export type CpuPinningPolicy = keyof typeof CpuPinningPolicy;
export const UsbType = graphqlEnum("UsbType", "Kind of USB controller.", { NATIVE: "xHCI." });
export type UsbType = keyof typeof UsbType;
export const SerialNumberPolicy = graphqlEnum("SerialNumberPolicy", "What a VM tells its guest as serial number of the machine.", {
  VM: "Its id.",
  HOST: "The hardware UUID of the host where it was started.",
  CUSTOM: "A text of one's own.",
  NONE: "None.",
});
export type SerialNumberPolicy = keyof typeof SerialNumberPolicy;
export const WatchdogModel = graphqlEnum("WatchdogModel", "Model of a watchdog card.", { I6300ESB: "Intel's, for PCI." });
export type WatchdogModel = keyof typeof WatchdogModel;
export const WatchdogAction = graphqlEnum("WatchdogAction", "What happens to a VM whose guest no longer feeds its watchdog.", {
  NONE: "Nothing but an event of the host.",
  RESET: "It is reset.",
  POWEROFF: "Its power is cut.",
  PAUSE: "It is paused.",
  DUMP: "Its memory is written to the host's disk for analysis, and it goes on.",
});
export type WatchdogAction = keyof typeof WatchdogAction;
export const VideoType = graphqlEnum("VideoType", "Model of a graphics card.", {
  VGA: "Works everywhere.",
  BOCHS: "Without the old modes of VGA; for UEFI.",
  CIRRUS: "For very old guests.",
  VIRTIO: "Para-virtual, quick in guests that have its driver.",
});
export type VideoType = keyof typeof VideoType;
export const VmAffinity = graphqlEnum("VmAffinity", "Who may move a VM from the host where it runs.", {
  MIGRATABLE: "Users and the engine.",
  USER_MIGRATABLE: "Users alone.",
  PINNED: "Nobody.",
});
export type VmAffinity = keyof typeof VmAffinity;

@ValueType("Processors of the host on which one virtual processor runs.")
export class VcpuPin {
  @Field(() => Int, { description: "Number of the virtual processor, from 0." }) vcpu: number;
  @Field({ description: "Numbers of the host's processors as libvirt writes sets: `0-3,^2,8`." }) cpuSet: string;
}

@ValueType("How virtual processors are put on those of the host.")
export class CpuTune {
  @Field(() => [VcpuPin], { description: "One for each that stays; the others run anywhere." }) vcpuPins: VcpuPin[];
}

const CPU_SET = /^(\^?\d{1,4}|\d{1,4}-\d{1,4})(,(\^?\d{1,4}|\d{1,4}-\d{1,4})){0,63}$/u;
/** Throws INVALID. */
export function checkCpuTune({ vcpuPins }: CpuTune, vcpus: number, path: string): void {
  const pinned = new Set<number>();
  for (const [at, { vcpu, cpuSet }] of vcpuPins.entries()) {
    checkRange(vcpu, `${path}.vcpuPins.${at}.vcpu`, 0, vcpus - 1);
    if (pinned.has(vcpu)) throw invalid(`${path}.vcpuPins.${at}.vcpu`, "Each virtual processor once.", "DUPLICATE");
    if (!CPU_SET.test(cpuSet)) throw invalid(`${path}.vcpuPins.${at}.cpuSet`, "Numbers and ranges, as in 0-3,^2,8.");
    pinned.add(vcpu);
  }
}

@ValueType("Whether a VM is started again when it ends without being asked to.")
export class HighAvailability {
  @Field({ description: "Whether it is: when its process fails, when its host is lost." }) enabled: boolean;
  @Field(() => Int, { description: "Who is started first when there are many, 1 to 100; the greater the sooner." }) priority: number;
}
export function checkHighAvailability(value: HighAvailability, path: string): HighAvailability {
  checkRange(value.priority, `${path}.priority`, 1, 100);
  return value;
}

@ValueType("USB controller.")
export class Usb {
  @Field({ description: "Whether the VM has one." }) enabled: boolean;
  @Field(() => UsbType, { nullable: true, description: "Its kind; null = NATIVE." }) type: UsbType | null;
}

@ValueType("SCSI controller.")
export class VirtioScsi {
  @Field({ description: "Whether the VM has one; disks with the interface VIRTIO_SCSI need it." }) enabled: boolean;
}

@ValueType("Serial number of the machine.")
export class SerialNumber {
  @Field(() => SerialNumberPolicy, { description: "What it is." }) policy: SerialNumberPolicy;
  @Field(() => String, { nullable: true, description: "The number itself, with CUSTOM." }) value: string | null;
}
/** Throws INVALID. */
export function checkSerialNumber({ policy, value }: SerialNumber, path: string): SerialNumber {
  if ((policy === "CUSTOM") !== (value !== null)) throw invalid(`${path}.value`, "One with the policy CUSTOM, none with any other.");
  if (value !== null && !/^[\x20-\x7e]{1,255}$/u.test(value)) throw invalid(`${path}.value`, "1 to 255 printable ASCII characters.");
  return { policy, value };
}

@ValueType("Input and output of disks.")
export class Io {
  @Field(() => Int, { description: "Threads of their own for disks, 0 to 16; with 0 they share the emulator's." }) threads: number;
}
export function checkIo(value: Io, path: string): Io {
  checkRange(value.threads, `${path}.threads`, 0, 16);
  return value;
}

@ValueType("Timer that acts on a VM whose guest hangs.")
export class Watchdog {
  @Field(() => WatchdogModel, { description: "The card." }) model: WatchdogModel;
  @Field(() => WatchdogAction, { description: "What it does." }) action: WatchdogAction;
}

@ValueType("A property of a machine that hooks on the hosts read, by its name.")
export class CustomProperty {
  @Field({ description: "Name." }) name: string;
  @Field({ description: "Value." }) value: string;
}
/** Properties that the engine itself knows, and what they can be. */
const KNOWN_PROPERTIES = {
  viodiskcache: /^(none|writeback|writethrough)$/u,
  hugepages: /^(2048|1048576)$/u,
} as const satisfies Record<string, RegExp>;
const MOST_PROPERTIES = 32;
/** Throws INVALID. */
export function checkCustomProperties(properties: CustomProperty[], path: string): CustomProperty[] {
  if (properties.length > MOST_PROPERTIES) throw invalid(path, `${MOST_PROPERTIES} at most.`, "RANGE");
  const names = new Set<string>();
  for (const [at, { name, value }] of properties.entries()) {
    if (!/^[A-Za-z0-9_]{1,64}$/u.test(name)) throw invalid(`${path}.${at}.name`, "1 to 64 letters, digits or underscores.");
    if (names.has(name)) throw invalid(`${path}.${at}.name`, "Each name once.", "DUPLICATE");
    const known = Object.hasOwn(KNOWN_PROPERTIES, name) ? KNOWN_PROPERTIES[name as keyof typeof KNOWN_PROPERTIES] : /^[\x20-\x7e]{0,255}$/u;
    if (!known.test(value)) throw invalid(`${path}.${at}.value`, `It must match ${known.source}.`);
    names.add(name);
  }
  return properties;
}

@ValueType("What moves a VM.")
export class VmPlacementPolicy {
  @Field(() => VmAffinity, { description: "Who may move it while it runs." }) affinity: VmAffinity;
}
