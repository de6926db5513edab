import type { NicInterface } from "../../nic/nic.ts";
import { bootOrder, inNicOrder } from "./bootOrder.ts";
import { nicQueues } from "./hardware.ts";
import { nicLimits } from "./limits.ts";
import type { DomainNic, DomainXmlInput, Element } from "./input.ts";

const MODEL: Record<NicInterface, string> = { VIRTIO: "virtio", E1000E: "e1000e", RTL8139: "rtl8139" };

export function nicElements(input: DomainXmlInput): Element[] {
  const order = bootOrder(input);
  return inNicOrder(input.nics).map((nic) => nicElement(nic, { bootAt: order.get(nic.nic.id), queues: nicQueues(input) }));
}

/** Without a bridge it is a device whose cable is out: libvirt makes it a tap of its own, which leads nowhere. */
const nicElement = (
  { nic, bridge, mtu, qos }: DomainNic,
  { bootAt, queues }: { bootAt: number | undefined; queues: number | undefined },
): Element => ({
  "@type": bridge === null ? "ethernet" : "bridge",
  mac: { "@address": nic.macAddress },
  source: bridge === null ? undefined : { "@bridge": bridge },
  model: { "@type": MODEL[nic.interface] },
  driver: queues !== undefined && nic.interface === "VIRTIO" && bridge !== null ? { "@queues": queues } : undefined,
  bandwidth: nicLimits(qos),
  mtu: mtu === null ? undefined : { "@size": mtu },
  link: { "@state": nic.linked && bridge !== null ? "up" : "down" },
  boot: bootAt === undefined ? undefined : { "@order": bootAt },
  alias: { "@name": `ua-${nic.id}` },
});
