import type { z } from "zod";
import type { GuestReport, HostCapabilities, HostEvent, VmGoneReason, VmReport } from "../../schema/hostlink.ts";
import type { Model } from "./model.ts";
import { createPower } from "./power.ts";
import type { World } from "./world.ts";
import type { Domain } from "./domainXml.ts";

/** A running domain. */
export interface SimulatedVm {
  vmId: string;
  name: string;
  title: string;
  state: VmReport["state"];
  pauseReason: VmReport["pauseReason"];
  incoming: boolean;
  guestAgent: boolean;
  /** Unix ms at which it was started on this host. */
  startedAt: number;
  /** Unix ms at which its guest booted: stays the same over a migration. */
  bootedAt: number;
  /** Bytes. */
  memory: number;
  vcpus: number;
  nics: { mac: string; address: string }[];
  diskPaths: string[];
  displayPort: number;
}
/** How a domain comes to a host. */
export type Coming = "start" | "arrival";
type GoneReason = z.infer<typeof VmGoneReason>;

/** The domains of one simulated host, and what happens to them without anybody asking. */
export interface Hypervisor {
  readonly vms: Map<string, SimulatedVm>;
  readonly model: Model;
  readonly world: World;
  /** As `Power.signal`. */
  readonly power: AbortSignal;
  report(vm: SimulatedVm): VmReport;
  /** Adds a domain that runs, or waits for its memory. */
  add(vm: SimulatedVm): void;
  /** Changes a domain and tells of it. */
  change(vm: SimulatedVm, change: Partial<SimulatedVm>): void;
  /** Takes a domain away; nothing happens when it is gone already. */
  remove(vm: SimulatedVm, reason: GoneReason): void;
  /** The next domain that is started here, or has come in by migration, ends before anything is told of it. */
  crashNext(how: Coming): void;
  /** Whether that was wished of the one that comes now. */
  crashesNow(how: Coming): boolean;
  /** The guest boots: its agent comes up after a while. */
  boot(vm: SimulatedVm): void;
  reboot(vm: SimulatedVm): void;
  /** Resolves after `ms`; never when the power is cut before. */
  pause(ms: number): Promise<void>;
  powerCut(): void;
  powerOn(): void;
}

export function createHypervisor(model: Model, capabilities: HostCapabilities, world: World, emit: (event: HostEvent) => void): Hypervisor {
  const vms = new Map<string, SimulatedVm>();
  const power = createPower();
  const doomed = new Set<Coming>();
  const isHere = (vm: SimulatedVm) => vms.get(vm.vmId) === vm;
  const tell = (vm: SimulatedVm) => emit({ type: "vm.state", vm: reportOf(vm) });
  const change = (vm: SimulatedVm, changes: Partial<SimulatedVm>) => {
    Object.assign(vm, changes);
    if (isHere(vm)) tell(vm);
  };
  const boot = (vm: SimulatedVm) => {
    const { bootedAt } = vm;
    power.after(model.guestMs, () => {
      if (!isHere(vm) || vm.bootedAt !== bootedAt || vm.state === "SHUTTING_DOWN") return;
      change(vm, { guestAgent: true });
      emit({ type: "vm.guest", vmId: vm.vmId, guest: guestOf(vm) });
    });
  };

  const hypervisor: Hypervisor = {
    vms,
    model,
    world,
    get power() {
      return power.signal;
    },
    report: reportOf,
    add(vm) {
      vms.set(vm.vmId, vm);
      tell(vm);
    },
    change,
    remove(vm, reason) {
      if (!isHere(vm)) return;
      vms.delete(vm.vmId);
      emit({ type: "vm.gone", vmId: vm.vmId, reason });
    },
    crashNext: (how) => void doomed.add(how),
    crashesNow: (how) => doomed.delete(how),
    boot,
    reboot(vm) {
      emit({ type: "vm.reboot", vmId: vm.vmId });
      change(vm, { guestAgent: false, bootedAt: Date.now() });
      boot(vm);
    },
    pause: (ms) => new Promise((resolve) => power.after(ms, resolve)),
    powerCut() {
      power.cut();
      vms.clear();
    },
    powerOn: power.on,
  };
  world.hosts.set(capabilities.migrationUri, hypervisor);
  return hypervisor;
}

/** A VM whose guest is about to boot. */
export function newVm(vmId: string, domain: Domain, displayPort: number): SimulatedVm {
  const now = Date.now();
  return {
    vmId,
    name: domain.name,
    title: domain.title,
    state: "RUNNING",
    pauseReason: null,
    incoming: false,
    guestAgent: false,
    startedAt: now,
    bootedAt: now,
    memory: domain.memory,
    vcpus: domain.vcpus,
    nics: domain.macs.map((mac) => ({ mac, address: addressOf(mac) })),
    diskPaths: domain.diskPaths,
    displayPort,
  };
}

function reportOf(vm: SimulatedVm): VmReport {
  const { vmId, name, state, pauseReason, incoming, guestAgent, startedAt } = vm;
  return {
    vmId,
    name,
    state,
    pauseReason,
    incoming,
    guestAgent,
    startedAt,
    display: { type: "VNC", address: "127.0.0.1", port: vm.displayPort },
  };
}

function guestOf(vm: SimulatedVm): GuestReport {
  return {
    hostname: vm.title,
    os: {
      family: "Linux",
      distribution: "Debian GNU/Linux",
      version: "12",
      codename: "bookworm",
      kernel: "6.1.0-41-amd64",
      architecture: "x86_64",
    },
    timeZone: { name: "UTC", utcOffset: "+00:00" },
    nics: vm.nics.map(({ mac, address }, index) => ({
      name: `enp${index + 1}s0`,
      mac,
      addresses: [{ address, version: "V4", prefix: 8 }],
    })),
    applications: ["qemu-guest-agent-7.2.19"],
  };
}

// The address a DHCP server would keep for this MAC, on whatever host its VM runs.
function addressOf(mac: string): string {
  const [a = 0, b = 0, c = 0] = mac
    .split(":")
    .slice(-3)
    .map((part) => Number.parseInt(part, 16) || 0);
  return `10.${a}.${b}.${c}`;
}
