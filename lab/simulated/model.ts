import type { HostCapabilities } from "../../schema/hostlink.ts";

/** How a simulated host looks and how long things take on it, in ms. */
export interface Model {
  hostname: string;
  /** Where the engine sends those that migrate here: the address of the host's link, or the one that was recorded for it. */
  address: string;
  /** CPUs are sockets x cores x threads. */
  sockets: number;
  cores: number;
  threads: number;
  /** Bytes. */
  memory: number;
  bridges: string[];
  startMs: number;
  /** From the start of a VM to its guest agent. */
  guestMs: number;
  shutdownMs: number;
  /** Writing or reading a memory image. */
  imageMs: number;
  /** A migration without a bandwidth limit. */
  migrationMs: number;
}

const GIB = 2 ** 30;

export const DEFAULT_MODEL: Omit<Model, "hostname"> = {
  address: "127.0.0.1",
  sockets: 2,
  cores: 16,
  threads: 2,
  memory: 512 * GIB,
  bridges: ["ovirtmgmt", "br-mgmt", "br-vm"],
  startMs: 80,
  guestMs: 1_000,
  shutdownMs: 800,
  imageMs: 300,
  migrationMs: 1_500,
};

/** The migration URI is also the host's name in its World. */
export function capabilitiesOf(model: Model, hostId: string, port = 16_509): HostCapabilities {
  const cpus = model.sockets * model.cores * model.threads;
  const perNode = cpus / model.sockets;
  return {
    hostname: model.hostname,
    hardwareUuid: hostId,
    cpu: {
      model: "Cascadelake-Server",
      vendor: "Intel",
      features: ["vmx", "ssse3", "sse4.1", "sse4.2", "aes", "avx", "avx2", "avx512f", "pcid", "spec-ctrl", "ssbd"],
      sockets: model.sockets,
      cores: model.cores,
      threads: model.threads,
      speed: 2_900,
      architecture: "x86_64",
    },
    memory: model.memory,
    numaNodes: Array.from({ length: model.sockets }, (_, index) => ({
      index,
      memory: model.memory / model.sockets,
      cpus: Array.from({ length: perNode }, (__, cpu) => index * perNode + cpu),
    })),
    virtualization: "kvm",
    machineTypes: ["pc-q35-7.2", "q35", "pc-i440fx-7.2", "pc"],
    cpuModels: ["qemu64", "Nehalem", "Westmere", "SandyBridge", "Haswell", "Broadwell", "Skylake-Server", "Cascadelake-Server"],
    uefi: true,
    nics: model.bridges.map((bridge, index) => ({
      name: `eno${index + 1}`,
      mac: macOf(hostId, index),
      up: true,
      mtu: 1_500,
      speed: 25_000,
      addresses: [],
      bridge,
    })),
    bridges: model.bridges,
    versions: { agent: "0.1.0", libvirt: "9.0.0", qemu: "7.2.19", kernel: "6.1.0-41-amd64", os: "Debian GNU/Linux 12" },
    migrationUri: `qemu+tcp://${model.address}:${port}/system`,
  };
}

function macOf(hostId: string, index: number): string {
  const tail = hostId.replaceAll("-", "").slice(-8).match(/../g) ?? [];
  return ["02", index.toString(16).padStart(2, "0"), ...tail].join(":");
}
