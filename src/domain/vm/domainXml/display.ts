import { hasUsb } from "./controllers.ts";
import { videoElement } from "./hardware.ts";
import type { DomainXmlInput, Element } from "./input.ts";

/**
 * Screen, and the tablet that goes with it. VNC listens where each host's own `vnc_listen` (qemu.conf) says, which is to
 * be its management address: an address written here would be the wrong one as soon as the VM moves.
 */
export const displayElements = (input: DomainXmlInput): Element => ({
  graphics: {
    "@type": "vnc",
    "@port": -1,
    "@autoport": "yes",
    "@keymap": input.vm.display.keyboardLayout ?? undefined,
    listen: { "@type": "address" },
  },
  video: videoElement(input),
  // libvirt gives PCI addresses when it reads the domain, but USB ones when it starts it: too late to match a saved memory.
  input: hasUsb(input) ? { "@type": "tablet", "@bus": "usb", address: { "@type": "usb", "@bus": 0, "@port": 1 } } : undefined,
});
