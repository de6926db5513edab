import type { BootDevice } from "../../values.ts";
import type { DomainDisk, DomainNic, DomainXmlInput } from "./input.ts";

/** Bootable first; the others as given. */
export const inDiskOrder = (disks: readonly DomainDisk[]): DomainDisk[] =>
  [...disks].sort((a, b) => Number(b.attachment.bootable) - Number(a.attachment.bootable));

const collator = new Intl.Collator("en", { numeric: true });
/** nic1, nic2, ... nic10: their order decides their PCI addresses, and so their names in the guest. */
export const inNicOrder = (nics: readonly DomainNic[]): DomainNic[] => [...nics].sort((a, b) => collator.compare(a.nic.name, b.nic.name));

/**
 * Place of each bootable device in the order the VM tries them, by id, from 1. Only the disk marked bootable is one, as
 * in oVirt. CDROM stands for no device yet, and so for nothing.
 */
export function bootOrder({ vm, disks, nics }: Pick<DomainXmlInput, "vm" | "disks" | "nics">): Map<string, number> {
  const devices: Record<BootDevice, string[]> = {
    HD: disks.filter(({ attachment }) => attachment.bootable).map(({ disk }) => disk.id),
    NETWORK: inNicOrder(nics)
      .filter(({ bridge }) => bridge !== null)
      .map(({ nic }) => nic.id),
    CDROM: [],
  };
  const ids = new Set(vm.os.boot.devices.flatMap((device) => devices[device]));
  return new Map([...ids].map((id, at) => [id, at + 1]));
}
