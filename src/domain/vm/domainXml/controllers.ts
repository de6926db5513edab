import type { DomainXmlInput, Element } from "./input.ts";
import { scsiController } from "./hardware.ts";
import { chipsetOf } from "./platform.ts";

/** Ports that stay free for devices plugged while it runs: on q35 each takes one, and none can be added then. */
const FREE_PORTS = 8;
/** The SCSI and serial controllers, the balloon and the random number generator. */
const FIXED_DEVICES = 4;

/** Buses. The SCSI controller is there before its first disk, so that disks can be plugged into it. */
export function controllerElements(input: DomainXmlInput): Element[] {
  const { vm, cluster } = input;
  return [
    ...(chipsetOf(vm, cluster) === "q35" ? pcie(input) : [{ "@type": "pci", "@index": 0, "@model": "pci-root" }]),
    ...scsiController(input),
    { "@type": "virtio-serial", "@index": 0 },
    { "@type": "usb", "@index": 0, "@model": hasUsb(input) ? "qemu-xhci" : "none" },
  ];
}

function pcie({ vm, disks, nics }: DomainXmlInput): Element[] {
  const virtioDisks = disks.filter(({ attachment }) => attachment.interface === "VIRTIO").length;
  const ports = FIXED_DEVICES + (vm.watchdog ? 1 : 0) + virtioDisks + nics.length + FREE_PORTS;
  return [
    { "@type": "pci", "@index": 0, "@model": "pcie-root" },
    ...Array.from({ length: ports }, (_none, at) => ({ "@type": "pci", "@index": at + 1, "@model": "pcie-root-port" })),
  ];
}

/** A desktop is used through its screen, where a tablet keeps the pointers together; a server is spared the bus that polls. */
export const hasUsb = ({ vm }: Pick<DomainXmlInput, "vm">): boolean => vm.usb?.enabled ?? vm.type === "DESKTOP";
