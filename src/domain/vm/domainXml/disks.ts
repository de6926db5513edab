import type { DiskInterface } from "../../diskAttachment/diskAttachment.ts";
import { bootOrder, inDiskOrder } from "./bootOrder.ts";
import type { DomainDisk, DomainXmlInput, Element } from "./input.ts";

const BUS: Record<DiskInterface, { bus: string; prefix: "vd" | "sd" }> = {
  VIRTIO: { bus: "virtio", prefix: "vd" },
  VIRTIO_SCSI: { bus: "scsi", prefix: "sd" },
  SATA: { bus: "sata", prefix: "sd" },
};
const ALPHABET = 26;

export function diskElements(input: DomainXmlInput): Element[] {
  const order = bootOrder(input);
  const used = { vd: 0, sd: 0 };
  return inDiskOrder(input.disks).map((disk) => {
    const { prefix } = BUS[disk.attachment.interface];
    return diskElement(disk, `${prefix}${letters(used[prefix]++)}`, order.get(disk.disk.id));
  });
}

/** No host cache: the image must be whole for the next host. Threads: native I/O is for block devices. A full disk stops the VM rather than its file system. */
const diskElement = ({ attachment, disk, path }: DomainDisk, target: string, bootAt: number | undefined): Element => ({
  "@type": "file",
  "@device": "disk",
  driver: {
    "@name": "qemu",
    "@type": disk.format === "COW" ? "qcow2" : "raw",
    "@cache": "none",
    "@io": "threads",
    "@error_policy": "stop",
    "@discard": "unmap",
  },
  source: { "@file": path },
  target: { "@dev": target, "@bus": BUS[attachment.interface].bus },
  readonly: attachment.readOnly ? {} : undefined,
  serial: disk.id,
  boot: bootAt === undefined ? undefined : { "@order": bootAt },
  alias: { "@name": `ua-${disk.id}` },
});

/** 0 = a, 25 = z, 26 = aa. */
function letters(at: number): string {
  const last = String.fromCodePoint(97 + (at % ALPHABET));
  return at < ALPHABET ? last : `${letters(Math.floor(at / ALPHABET) - 1)}${last}`;
}
