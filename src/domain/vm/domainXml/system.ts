import { utcOffset } from "../timeZone.ts";
import { hostCpuMode, serialNumberOf } from "./hardware.ts";
import { isKvm, type DomainXmlInput, type Element } from "./input.ts";
import { askedCpuModel, biosTypeOf, chipsetOf, DEFAULT_CPU_MODEL, machineTypeOf } from "./platform.ts";

/** qemu keeps translated code in a cache of 1 GiB by default, in every emulated VM. */
const TCG_CACHE_MIB = 32;
const SECONDS_PER_MINUTE = 60;

const BOOT_MENU_MS = 10_000;

/** Machine type, firmware and direct boot. */
export function osElement(input: DomainXmlInput): Element {
  const { vm, cluster, host } = input;
  const machine = machineTypeOf(vm, cluster, host.capabilities?.machineTypes ?? []) ?? chipsetOf(vm, cluster);
  const { kernel, initrd, cmdline } = vm.os;
  const uefi = biosTypeOf(vm, cluster) === "Q35_OVMF";
  return {
    "@firmware": uefi ? "efi" : undefined,
    type: { "@arch": "x86_64", "@machine": machine, "#": "hvm" },
    firmware: uefi ? { feature: ["enrolled-keys", "secure-boot"].map((name) => ({ "@enabled": "no", "@name": name })) } : undefined,
    kernel: kernel ?? undefined,
    initrd: initrd ?? undefined,
    // libvirt takes one with a kernel only.
    cmdline: kernel === null ? undefined : (cmdline ?? undefined),
    bootmenu: vm.bios.bootMenu?.enabled ? { "@enable": "yes", "@timeout": BOOT_MENU_MS } : undefined,
    smbios: serialNumberOf(input) === null ? undefined : { "@mode": "sysinfo" },
  };
}

export const featuresElement = (input: DomainXmlInput): Element => ({
  acpi: {},
  apic: {},
  tcg: isKvm(input) ? undefined : { "tb-cache": { "@unit": "MiB", "#": TCG_CACHE_MIB } },
});

/** Exactly one model, unless the host's own is asked for: the VM must find the same processor wherever it moves. */
export function cpuElement(input: DomainXmlInput): Element {
  const { vm, cluster } = input;
  const model = askedCpuModel(vm, cluster) ?? DEFAULT_CPU_MODEL[isKvm(input) ? "kvm" : "qemu"];
  const { sockets, cores, threads } = vm.cpu.topology;
  const topology = { "@sockets": sockets, "@cores": cores, "@threads": threads };
  const mode = vm.cpu.mode ?? "CUSTOM";
  if (mode !== "CUSTOM") return { "@mode": hostCpuMode(mode, isKvm(input)), topology };
  return {
    "@mode": "custom",
    "@match": "exact",
    model: { "@fallback": "forbid", "#": model },
    topology,
  };
}

/** A guest that takes its hardware clock for local time; it may set that clock, so the offset is kept from then on. */
const clockOffset = ({ vm: { timeZone }, at }: DomainXmlInput): Element =>
  timeZone === null
    ? { "@offset": "utc" }
    : { "@offset": "variable", "@adjustment": utcOffset(timeZone.name, at) * SECONDS_PER_MINUTE, "@basis": "utc" };

export const clockElement = (input: DomainXmlInput): Element => ({
  ...clockOffset(input),
  timer: isKvm(input)
    ? [
        { "@name": "rtc", "@tickpolicy": "catchup" },
        { "@name": "pit", "@tickpolicy": "delay" },
        { "@name": "hpet", "@present": "no" },
      ]
    : [],
});
