import type { RngSource } from "../../values.ts";
import type { DomainXmlInput, Element } from "./input.ts";

const RNG_DEVICE: Record<RngSource, string> = { URANDOM: "/dev/urandom", HWRNG: "/dev/hwrng" };
/** Seconds between the guest's reports of its memory. */
const BALLOON_PERIOD = 5;

/** What host and guest talk through: serial console, guest agent, balloon, random numbers. */
export const channelElements = ({ vm, cluster }: DomainXmlInput): Element => ({
  serial: vm.console.enabled ? { "@type": "pty", target: { "@port": 0 } } : undefined,
  console: vm.console.enabled ? { "@type": "pty", target: { "@type": "serial", "@port": 0 } } : undefined,
  channel: { "@type": "unix", target: { "@type": "virtio", "@name": "org.qemu.guest_agent.0" } },
  memballoon:
    vm.memoryPolicy.ballooning && cluster.ballooningEnabled
      ? { "@model": "virtio", stats: { "@period": BALLOON_PERIOD } }
      : { "@model": "none" },
  rng: vm.rngDevice ? { "@model": "virtio", backend: { "@model": "random", "#": RNG_DEVICE[vm.rngDevice.source] } } : undefined,
});
