import { HOST_PHRASES } from "../host/host.ts";
import { DEFAULT_CPU_MODEL, type Chipset } from "../vm/domainXml/platform.ts";
import { freeMemory, isUp, type Candidate, type Platform } from "./candidate.ts";

/** What a VM needs of a host. */
export interface Demand {
  clusterId: string;
  /** Bytes, with qemu's own. */
  memory: number;
  vcpus: number;
  /** Names of the bridges its NICs hang on. */
  bridges: readonly string[];
  chipset: Chipset;
  /** Exact machine type; null = any of the chipset. */
  machineType: string | null;
  uefi: boolean;
  /** Null = the default of the host's virtualization. */
  cpuModel: string | null;
  /** Set for a VM that runs already: it cannot change between the two. */
  virtualization: "kvm" | "qemu" | null;
}

export type RefusalCode =
  | "OTHER_CLUSTER"
  | "EXCLUDED"
  | "PINNED_TO_HOST"
  | "LABEL"
  | "HOST_AFFINITY"
  | "VM_AFFINITY"
  | "HOST_NOT_UP"
  | "NOT_ENOUGH_MEMORY"
  | "NOT_ENOUGH_CPUS"
  | "NETWORK_MISSING"
  | "EMULATED_MACHINE"
  | "FIRMWARE"
  | "VIRTUALIZATION"
  | "CPU_MODEL";

/** One reason a host can be refused for. `words` completes a sentence that begins with the host's name. */
interface Filter<Subject> {
  code: RefusalCode;
  passes: (subject: Subject, demand: Demand) => boolean;
  words: (subject: Subject, demand: Demand) => string;
}

const mebibytes = (bytes: number) => `${Math.max(0, Math.floor(bytes / 2 ** 20))} MiB`;

const hasMemory = (host: Candidate, demand: Demand) => freeMemory(host) >= demand.memory;
const hasThreads = (host: Candidate, demand: Demand) => host.threads >= demand.vcpus;
const hasMachine = (platform: Platform, { machineType, chipset }: Demand) =>
  machineType === null ? platform.chipsets.has(chipset) : platform.machineTypes.has(machineType);
// The emulator does its default model always, whether or not libvirt lists it.
const cpuModelOn = ({ virtualization }: Platform, { cpuModel }: Demand) =>
  cpuModel ?? (virtualization === "kvm" ? DEFAULT_CPU_MODEL.kvm : null);
const hasCpuModel = (platform: Platform, demand: Demand) => {
  const model = cpuModelOn(platform, demand);
  return model === null || platform.cpuModels.has(model);
};
const missingBridges = (platform: Platform, demand: Demand) => demand.bridges.filter((bridge) => !platform.bridges.has(bridge));

/** Of one host and its load. */
export const HOST_FILTERS: readonly Filter<Candidate>[] = [
  { code: "HOST_NOT_UP", passes: isUp, words: (host) => HOST_PHRASES[host.status] },
  {
    code: "NOT_ENOUGH_MEMORY",
    passes: hasMemory,
    words: (host, demand) => `has ${mebibytes(freeMemory(host))} of memory left to promise, and ${mebibytes(demand.memory)} are needed`,
  },
  {
    code: "NOT_ENOUGH_CPUS",
    passes: hasThreads,
    words: (host, demand) => `has ${host.threads} processor threads, and ${demand.vcpus} are needed`,
  },
];

/** Of what a host has in common with others. */
export const PLATFORM_FILTERS: readonly Filter<Platform>[] = [
  {
    code: "NETWORK_MISSING",
    passes: (platform, demand) => missingBridges(platform, demand).length === 0,
    words: (platform, demand) => `has no bridge ${missingBridges(platform, demand).join(", ")}`,
  },
  {
    code: "EMULATED_MACHINE",
    passes: hasMachine,
    words: (_platform, { machineType, chipset }) => `cannot give the machine type ${machineType ?? chipset}`,
  },
  { code: "FIRMWARE", passes: (platform, demand) => platform.uefi || !demand.uefi, words: () => "has no UEFI firmware for VMs" },
  {
    code: "VIRTUALIZATION",
    passes: (platform, { virtualization }) => virtualization === null || platform.virtualization === virtualization,
    words: (_platform, { virtualization }) => `cannot go on with a VM that runs under ${virtualization}`,
  },
  {
    code: "CPU_MODEL",
    passes: hasCpuModel,
    words: (platform, demand) => `cannot give the CPU model ${cpuModelOn(platform, demand)}`,
  },
];

export const platformPasses = (platform: Platform, demand: Demand): boolean =>
  platform.clusterId === demand.clusterId && PLATFORM_FILTERS.every((filter) => filter.passes(platform, demand));
