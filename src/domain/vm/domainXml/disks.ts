import type { DiskInterface } from "../../diskAttachment/diskAttachment.ts";
import { bootOrder, inDiskOrder } from "./bootOrder.ts";
import { propertyOf } from "./hardware.ts";
import { diskLimits } from "./limits.ts";
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
  const { threads } = input.vm.io;
  const cache = propertyOf(input, "viodiskcache") ?? "none";
  return inDiskOrder(input.disks).map((disk) => {
    const { prefix } = BUS[disk.attachment.interface];
    const at = used[prefix]++;
    const iothread = threads > 0 && disk.attachment.interface === "VIRTIO" ? (at % threads) + 1 : undefined;
    return diskElement(disk, { target: `${prefix}${letters(at)}`, bootAt: order.get(disk.disk.id), cache, iothread });
  });
}

interface DiskPlace {
  /** Name in the domain: `vda`. */
  target: string;
  bootAt: number | undefined;
  cache: string;
  iothread: number | undefined;
}
/** No host cache, unless one is asked for: the image must be whole for the next host. Threads: native I/O is for block devices. A full disk stops the VM rather than its file system. */
const diskElement = ({ attachment, disk, path, qos }: DomainDisk, { target, bootAt, cache, iothread }: DiskPlace): Element => ({
  "@type": "file",
  "@device": "disk",
  driver: {
    "@name": "qemu",
    "@type": disk.format === "COW" ? "qcow2" : "raw",
    "@cache": cache,
    "@io": "threads",
    "@error_policy": disk.propagateErrors ? "report" : "stop",
    "@discard": attachment.passDiscard ? "unmap" : "ignore",
    "@iothread": iothread,
  },
  source: { "@file": path },
  target: { "@dev": target, "@bus": BUS[attachment.interface].bus },
  iotune: diskLimits(qos),
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
