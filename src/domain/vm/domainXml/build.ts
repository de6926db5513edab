import { create } from "xmlbuilder2";
import { channelElements } from "./channels.ts";
import { controllerElements } from "./controllers.ts";
import { declaredElements } from "./declared.ts";
import { diskElements } from "./disks.ts";
import { displayElements } from "./display.ts";
import { isKvm, type DomainXmlInput, type Element } from "./input.ts";
import { cpuLimit } from "./limits.ts";
import { memoryBacking, memoryKib, serialNumberOf, soundElement, sysinfoElement, vcpuPins, vcpusOf, watchdogElement } from "./hardware.ts";
import { nicElements } from "./nics.ts";
import { clockElement, cpuElement, featuresElement, osElement } from "./system.ts";

/** Of the element that tells whose domain it is. */
const NAMESPACE = "urn:overt:vm:1";

/**
 * The libvirt domain of a VM on the host it starts on: the same input gives the same text. Every host of a cluster with
 * the same machine types can take it over by live migration.
 */
export function buildDomainXml(input: DomainXmlInput): string {
  return create({ invalidCharReplacement: "" }, { domain: domainElement(input) }).end({ prettyPrint: true, headless: true });
}

/** libvirt refuses a title of more than one line. */
const titleOf = (name: string) => name.replaceAll(/[\r\n]+/gu, " ");

function domainElement(input: DomainXmlInput): Element {
  const { vm } = input;
  const memory = memoryKib(vm.memory);
  const declared = declaredElements(vm);
  return {
    "@type": isKvm(input) ? "kvm" : "qemu",
    // What libvirt makes files and sockets of must be short, and the same however the VM is called.
    name: vm.id,
    uuid: vm.id,
    title: titleOf(vm.name),
    metadata: {
      "overt:vm": {
        "@xmlns:overt": NAMESPACE,
        "@id": vm.id,
        "@clusterId": vm.clusterId,
        "overt:custom": vm.customProperties.map(({ name, value }) => ({ "@name": name, "@value": value })),
      },
    },
    memory,
    currentMemory: memory,
    memoryBacking: memoryBacking(input),
    vcpu: { "@placement": "static", "#": vcpusOf(input) },
    iothreads: vm.io.threads > 0 ? vm.io.threads : undefined,
    ...declared,
    cputune: cputune(declared["cputune"] as Element | undefined, { ...cpuLimit(input), vcpupin: vcpuPins(input) }),
    sysinfo: sysinfoElement(serialNumberOf(input)),
    os: osElement(input),
    features: featuresElement(input),
    cpu: cpuElement(input),
    clock: clockElement(input),
    on_poweroff: "destroy",
    on_reboot: "restart",
    on_crash: "destroy",
    devices: {
      controller: controllerElements(input),
      disk: diskElements(input),
      interface: nicElements(input),
      ...displayElements(input),
      ...channelElements(input),
      sound: soundElement(input),
      watchdog: watchdogElement(input),
    },
  };
}

const cputune = (declared: Element = {}, { vcpupin, ...more }: Element & { vcpupin: Element[] }): Element | undefined => {
  const tuned = { ...declared, ...more, ...(vcpupin.length > 0 && { vcpupin }) };
  return Object.keys(tuned).length > 0 ? tuned : undefined;
};
