import { isKvm, type DomainXmlInput, type Element } from "./input.ts";
import { askedCpuModel, biosTypeOf, chipsetOf, DEFAULT_CPU_MODEL, machineTypeOf } from "./platform.ts";

/** qemu keeps translated code in a cache of 1 GiB by default, in every emulated VM. */
const TCG_CACHE_MIB = 32;

/** Machine type, firmware and direct boot. */
export function osElement({ vm, cluster, host }: DomainXmlInput): Element {
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
  };
}

export const featuresElement = (input: DomainXmlInput): Element => ({
  acpi: {},
  apic: {},
  tcg: isKvm(input) ? undefined : { "tb-cache": { "@unit": "MiB", "#": TCG_CACHE_MIB } },
});

/** Exactly one model, never the host's own: the VM must find the same processor wherever it moves. */
export function cpuElement(input: DomainXmlInput): Element {
  const { vm, cluster } = input;
  const model = askedCpuModel(vm, cluster) ?? DEFAULT_CPU_MODEL[isKvm(input) ? "kvm" : "qemu"];
  const { sockets, cores, threads } = vm.cpu.topology;
  return {
    "@mode": "custom",
    "@match": "exact",
    model: { "@fallback": "forbid", "#": model },
    topology: { "@sockets": sockets, "@cores": cores, "@threads": threads },
  };
}

export const clockElement = (input: DomainXmlInput): Element => ({
  "@offset": "utc",
  timer: isKvm(input)
    ? [
        { "@name": "rtc", "@tickpolicy": "catchup" },
        { "@name": "pit", "@tickpolicy": "delay" },
        { "@name": "hpet", "@present": "no" },
      ]
    : [],
});
